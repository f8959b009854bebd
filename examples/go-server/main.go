// Go-server is a web server in Go that knows nothing of forever.
//
// Try:
//
//	go build -o /tmp/go-server ./examples/go-server
//	forever start /tmp/go-server
//	curl http://127.0.0.1:8082/
//	forever stop go-server
//
// PORT chooses the port (8082); 0 takes a free one.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// drain is how long open requests may take once the stop signal has come; it is
// below forever's kill timeout of 10 s.
const drain = 8 * time.Second

func main() {
	if err := serve(":" + cmp.Or(os.Getenv("PORT"), "8082")); err != nil {
		log.Fatal(err)
	}
}

// serve answers on addr until the stop signal, and finishes what it has begun.
func serve(addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()

	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("%d listens on %s\n", os.Getpid(), ln.Addr())

	server := &http.Server{Handler: http.HandlerFunc(hello), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	return shutdown(server)
}

func hello(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "hello from %d\n", os.Getpid())
}

func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("requests were still open after %v", drain)
	}
	return err
}
