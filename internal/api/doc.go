// Package api serves a supervisor on the control socket, ROOT/forever.sock:
// HTTP/1.1 with JSON, versioned by the first part of the path.
//
//	curl --unix-socket ~/.forever/forever.sock http://forever/v1/apps
//	curl --unix-socket ~/.forever/forever.sock http://forever/v1/stop -d '{"targets":["web"]}'
//
// The messages are those of package wire:
//
//	GET  /v1/ping                     wire.Ping
//	GET  /v1/apps[?spec=1][?env=1]    []wire.App; env=1 implies spec=1
//	GET  /v1/events                   a stream of every change of state
//	POST /v1/start                    wire.StartRequest, a stream
//	POST /v1/stop                     wire.TargetRequest, a stream; so are
//	     /v1/restart, /v1/delete, /v1/signal, /v1/reload, /v1/scale, /v1/reset,
//	     /v1/flush, /v1/reload-logs and /v1/start-stopped (what is stopped)
//	POST /v1/kill                     {"timeout_ms":N} or nothing, a stream
//	POST /v1/update                   {"exe":"/path"}, a stream
//
// A changing request may carry a request_id: the same request under the same
// id is carried out once, however often it is sent.
//
// A stream is application/x-ndjson, one wire.Event a line, each sent as it
// happens. Its last line has the type "done", and an error if one concerns the
// call as a whole. A stream that ends without this line was cut off because the
// supervisor is being replaced: send the request again, with its request_id.
// A client that hangs up does not stop the work it has asked for.
//
// What is not carried out is answered with a status of 4xx and
// {"error": wire.Error}: bad JSON, an unknown field, a body over 64 MiB, a
// path or method that is not there. The caller has to be the supervisor's own
// user or root; others get 403.
//
// A connection is good for one request. A body needs a Content-Length. The
// client of POST /v1/start may send its stdout and stderr as SCM_RIGHTS
// (unix(7)) along with the first byte of the request; at most two descriptors
// are taken.
package api
