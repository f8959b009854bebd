package main

// headlines are the rows of the table for the README, by section and key.
var headlines = []struct{ section, key, label string }{
	{"memory", "pss_1", "memory for 1 app, MB"},
	{"memory", "pss_10", "memory for 10 apps, MB"},
	{"memory", "pss_100", "memory for 100 apps, MB"},
	{"memory", "pss_500", "memory for 500 apps, MB"},
	{"idle", "cpu", "idle with 10 apps: CPU, ms per s"},
	{"idle", "switches", "idle with 10 apps: context switches per s"},
	{"start", "cold_cli", "first `start`, nothing running: answer, ms"},
	{"start", "warm_cli", "`start` of one more program: answer, ms"},
	{"start", "warm_app", "`start` of one more program: it runs, ms"},
	{"start", "list_100", "`list` of 100 apps, ms"},
	{"start", "start_100", "start of 100 apps until all run, ms"},
	{"start", "stop_100_dead", "`stopall` of 100 apps until all are gone, ms"},
	{"restart", "all_go", "kill -9 of a program until it runs again, ms"},
	{"restart", "pair_go", "the same beside a bare loop alone, ms"},
	{"restart", "pair_c", "the same with a program in C, ms"},
	{"kill", "alive", "kill -9 of the supervisor: programs that live on, of 2"},
	{"kill", "copies", "kill -9 of the supervisor: second copies"},
	{"kill", "watched", "kill -9 of the supervisor: programs restarted afterwards, of 2"},
	{"kill", "lost", "kill -9 of the supervisor: lines lost"},
	{"logs", "rate", "log, MB per s"},
	{"logs", "cpu", "log, CPU s per GB"},
	{"logs", "missing", "log, lines lost"},
	{"crash", "cpu_per_start", "crash loop: CPU per start, ms"},
	{"size", "mb", "size on disk without interpreter, MB"},
}
