// Package units writes what other systems read: the hooks that have an init
// system run forever resurrect at boot, and the files that describe apps to
// Docker Compose, Kubernetes and systemd. Texts are made without touching the
// machine; Machine alone does, below a folder that tests choose.
package units
