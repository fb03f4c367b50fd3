package main

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// calls answers requests, and counts them and their connections.
type calls struct {
	mutex       sync.Mutex
	requests    map[string]int
	connections int
}

func newCalls() *calls {
	return &calls{requests: map[string]int{}}
}

func (c *calls) observe(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		c.mutex.Lock()
		c.connections++
		c.mutex.Unlock()
	}
}

func (c *calls) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mutex.Lock()
		c.requests[r.Method+" "+r.URL.Path]++
		c.mutex.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (c *calls) handle(mux *http.ServeMux) {
	mux.HandleFunc("/counts", func(w http.ResponseWriter, _ *http.Request) {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		writeJSON(w, map[string]any{"requests": c.requests, "connections": c.connections})
	})
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/chunked", chunked)
	mux.HandleFunc("/trailers", trailers)
	mux.HandleFunc("/large", large)
	mux.HandleFunc("/gzip", zipped)
	mux.HandleFunc("/interim", interim)
	mux.HandleFunc("/early", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		io.WriteString(w, `{"too":"large"}`)
	})
	mux.HandleFunc("/closing", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		writeJSON(w, "closed after this")
	})
	mux.HandleFunc("/until-closed", untilClosed)
	mux.HandleFunc("/abort", func(_ http.ResponseWriter, _ *http.Request) {
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/abort-midway", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"begun":`)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/redirect/", func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/redirect/"))
		http.Redirect(w, r, "/echo?from="+strconv.Itoa(status), status)
	})
	mux.HandleFunc("/status/", func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/status/"))
		w.WriteHeader(status)
	})
}

// echo tells what came.
func echo(w http.ResponseWriter, r *http.Request) {
	sum := sha256.New()
	read, err := io.Copy(sum, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, map[string]any{
		"method":  r.Method,
		"target":  r.RequestURI,
		"host":    r.Host,
		"token":   r.Header.Get("X-Cycle-Token"),
		"own":     r.Header.Values("X-Own"),
		"length":  r.ContentLength,
		"chunked": len(r.TransferEncoding) > 0,
		"read":    read,
		"sha256":  hex.EncodeToString(sum.Sum(nil)),
	})
}

// chunked sends its answer in parts of growing size.
func chunked(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `"`)
	for size := 1; size <= 10_000; size *= 10 {
		io.WriteString(w, strings.Repeat("x", size))
		w.(http.Flusher).Flush()
	}
	io.WriteString(w, `"`)
}

func trailers(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Trailer", "X-Sum")
	io.WriteString(w, `"before"`)
	w.(http.Flusher).Flush()
	w.Header().Set("X-Sum", "after")
	w.Header().Set(http.TrailerPrefix+"X-Late", "not announced")
}

// large sends a JSON text of so many bytes; Go uses chunks for it, or the length where that is asked for.
func large(w http.ResponseWriter, r *http.Request) {
	bytes, _ := strconv.Atoi(r.URL.Query().Get("bytes"))
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Has("length") {
		w.Header().Set("Content-Length", strconv.Itoa(bytes))
	}
	io.WriteString(w, `"`+strings.Repeat("0123456789", bytes/10)[:bytes-2]+`"`)
}

func zipped(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	body := gzip.NewWriter(w)
	defer body.Close()
	for i := 0; i < 3; i++ {
		fmt.Fprintf(body, "%s", []string{`["`, strings.Repeat("zip", 100_000), `"]`}[i])
		body.Flush()
		w.(http.Flusher).Flush()
	}
}

// interim sends answers that are not yet the answer.
func interim(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Link", "</style.css>; rel=preload")
	w.WriteHeader(http.StatusEarlyHints)
	w.WriteHeader(http.StatusProcessing)
	w.WriteHeader(http.StatusContinue)
	w.Header().Del("Link")
	writeJSON(w, "final")
}

// untilClosed answers as HTTP/1.0 did: the end of the connection is the end of the body.
func untilClosed(w http.ResponseWriter, _ *http.Request) {
	conn, buffer, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	buffer.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\"")
	buffer.WriteString(strings.Repeat("y", 300_000))
	buffer.WriteString("\"")
	buffer.Flush()
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		panic(err)
	}
}
