package main

// incomparable ends RESULTS.md.
const incomparable = `## What is not comparable

- Each supervisor runs with its defaults, except where the settings say
  otherwise. A restart after a second (s6, supervisord) is a decision of theirs,
  not their speed.
- Memory is PSS: what a process shares is divided among those that share it. A
  second copy of forever, Node or Python on the machine would make each lighter.
  The log programs of runit and s6 are counted: forever, npm's forever, pm2 and
  supervisord write the logs themselves.
- runit has no start command: a folder is linked, and ` + "`runsvdir`" + ` finds it at its
  next look. s6 is told to look. Neither has a list of all; ` + "`sv status`" + ` and one
  ` + "`s6-svstat`" + ` for each service stand in for it.
- npm's forever and pm2 answer ` + "`start`" + ` without waiting until the program was
  executed; forever's answer waits for that. supervisord's first command and s6's
  do not wait either.
- A crash loop costs by the number of starts in it, and each peer has its own
  idea of how long to wait and when to give up. Compare the cost per start.
- The size on disk leaves out what a distribution may have anyway: Node (for
  npm's forever and pm2), Python (supervisord) and the C library.
- In ` + "`reload`" + ` forever and pm2 run the server so that its port is shared
  (` + "`-i`" + `), the others as it is: with them nobody listens while it is away. A
  connection that waits has no failure, but a gap.
- In ` + "`cluster`" + ` the load comes from the same processors: who needs less of them
  leaves more to wrk. At a fixed rate that hardly matters, and what a client waits is
  what it would wait for a server in service; but each request then finds the caches
  colder, and costs more processor time than at the limit.
- kill -9 of the supervisor means the process that watches the program: runsv
  and s6-supervise watch one each, and runsvdir and s6-svscan start them again.
`
