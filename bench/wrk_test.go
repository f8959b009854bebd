package main

import "testing"

const wrkSays = `Running 4s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     6.45ms    3.03ms  52.18ms   94.14%
    Req/Sec    10.14k     1.18k   11.57k    82.50%
  Latency Distribution
     50%  980.00us
     75%    6.59ms
     90%    8.01ms
     99%    1.20s 
  40368 requests in 4.00s, 9.70MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 5
Requests/sec:  10087.35
Transfer/sec:      2.42MB
`

func TestParseWrk(t *testing.T) {
	got, err := parseWrk(wrkSays)
	want := loadReport{requests: 40368, rate: 10087.35, p50: 0.98, p99: 1200, errors: 15}
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if _, err := parseWrk("unable to connect to 127.0.0.1:1"); err == nil {
		t.Error("no figures were taken for some")
	}
}
