package main

import (
	"fmt"
	"regexp"
	"strconv"
)

// loadReport is what a client found: wrk (with --latency), or the one with a timetable.
type loadReport struct {
	requests int
	rate     float64 // per second
	p50, p99 float64 // ms
	errors   int     // sockets, and answers other than 2xx and 3xx
}

var (
	wrkRequests = regexp.MustCompile(`(?m)^\s*(\d+) requests in `)
	wrkRate     = regexp.MustCompile(`(?m)^Requests/sec:\s*([\d.]+)`)
	wrkP50      = regexp.MustCompile(`(?m)^\s*50%\s+([\d.]+)(us|ms|s|m)\b`)
	wrkP99      = regexp.MustCompile(`(?m)^\s*99%\s+([\d.]+)(us|ms|s|m)\b`)
	wrkSockets  = regexp.MustCompile(`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`)
	wrkStatus   = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
)

// parseWrk reads its output.
func parseWrk(text string) (r loadReport, err error) {
	requests, rate := wrkRequests.FindStringSubmatch(text), wrkRate.FindStringSubmatch(text)
	p50, p99 := wrkP50.FindStringSubmatch(text), wrkP99.FindStringSubmatch(text)
	if requests == nil || rate == nil || p50 == nil || p99 == nil {
		return r, fmt.Errorf("wrk says %q", text)
	}
	if r.requests, err = strconv.Atoi(requests[1]); err != nil {
		return r, err
	}
	if r.rate, err = strconv.ParseFloat(rate[1], 64); err != nil {
		return r, err
	}
	for _, errors := range [][]string{wrkSockets.FindStringSubmatch(text), wrkStatus.FindStringSubmatch(text)} {
		for _, digits := range errors[min(1, len(errors)):] {
			n, err := strconv.Atoi(digits)
			if err != nil {
				return r, err
			}
			r.errors += n
		}
	}
	if r.p50, err = wrkMS(p50); err != nil {
		return r, err
	}
	r.p99, err = wrkMS(p99)
	return r, err
}

// wrkMS is a time of wrk: the number, and its unit.
func wrkMS(match []string) (float64, error) {
	v, err := strconv.ParseFloat(match[1], 64)
	return v * map[string]float64{"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[match[2]], err
}
