#!/bin/sh
# A program whose child is the server.
"$@" &
trap 'kill $!; wait $!; exit 0' TERM
wait $!
