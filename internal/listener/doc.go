// Package listener lets several processes of an app listen on one address,
// whatever language they are written in and without a change to them.
//
// Each process runs under a seccomp filter that reports its bind(2) calls
// (seccomp_unotify(2)). For a TCP address with a fixed port a socket of a
// SO_REUSEPORT group, one for each instance, is put in place of the program's
// own; everything else goes on untouched. The sockets stay open with us while a
// process is away, so that connections wait instead of being refused, and a
// classic BPF program on the group steers new connections to the instances
// that are ready.
package listener
