#!/bin/sh
# A program that fails: it works for a moment and ends with code 3.
#
# Try:  forever start -m 5 examples/crash.sh
#       forever describe crash
#       forever delete crash
#
# Each run is shorter than --min-uptime (1 s), so each wait before the next is
# twice the one before: 100 ms, 200 ms, … After the fifth run it is "failed".
echo "$$ works"
sleep 0.3
echo "$$ ran into something" >&2
exit 3
