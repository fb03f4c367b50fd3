// A server of net/http and gorilla/websocket on a Unix socket, for the tests: it answers as Go does, by paths and headers.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	socket := flag.String("socket", "", "path of the socket")
	idle := flag.Duration("idle", time.Minute, "how long a connection may be idle")
	flag.Parse()
	log.SetOutput(os.Stderr)

	calls := newCalls()
	mux := http.NewServeMux()
	calls.handle(mux)
	mux.HandleFunc("/v1/notifications", serveNotifications)

	listener, err := net.Listen("unix", *socket)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: calls.counted(mux), IdleTimeout: *idle, ConnState: calls.observe}
	// Its tests need the reports of handlers that give up as little as a user does.
	server.ErrorLog = log.New(os.Stderr, "http: ", 0)
	log.Fatal(server.Serve(listener))
}
