package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// A write buffer as small as this makes many fragments of a message. Compression is offered to whoever asks for it.
var upgrader = websocket.Upgrader{WriteBufferSize: 256, EnableCompression: true}

// lastClose is the code of the close frame that came last, or -1 when a client left without one.
var lastClose atomic.Int64

// serveNotifications does what the header X-Do asks for.
func serveNotifications(w http.ResponseWriter, r *http.Request) {
	do, argument, _ := strings.Cut(r.Header.Get("X-Do"), ":")
	if do == "refuse" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"code":"401.token"}}`)
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetPongHandler(func(text string) error {
		return conn.WriteMessage(websocket.TextMessage, []byte(fmt.Sprintf(`{"pong":%q}`, text)))
	})
	switch do {
	case "extensions":
		text(conn, fmt.Sprintf(`{"extensions":%q,"token":%q}`, r.Header.Get("Sec-WebSocket-Extensions"), r.Header.Get("X-Cycle-Token")))
	case "numbers":
		count, _ := strconv.Atoi(argument)
		for i := 0; i < count; i++ {
			text(conn, fmt.Sprintf(`{"number":%d}`, i))
		}
	case "fragments":
		fragments(conn)
	case "ping":
		conn.WriteControl(websocket.PingMessage, []byte(argument), time.Now().Add(time.Second))
	case "binary":
		conn.WriteMessage(websocket.BinaryMessage, []byte{1, 2, 3})
		text(conn, `{"after":"binary"}`)
	case "last":
		text(conn, fmt.Sprintf(`{"code":%d}`, lastClose.Load()))
	case "close":
		code, reason, _ := strings.Cut(argument, ":")
		number, _ := strconv.Atoi(code)
		conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(number, reason), time.Now().Add(time.Second))
	case "abrupt":
		text(conn, `{"before":"the end"}`)
		return
	}
	noteClose(conn)
}

// fragments sends a long message frame by frame, with a ping between two of them.
func fragments(conn *websocket.Conn) {
	writer, err := conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return
	}
	fmt.Fprint(writer, `{"long":"`)
	for i := 0; i < 1000; i++ {
		fmt.Fprint(writer, "größe 😀 ")
		if i == 500 {
			conn.WriteControl(websocket.PingMessage, []byte("between"), time.Now().Add(time.Second))
		}
	}
	fmt.Fprint(writer, `"}`)
	writer.Close()
}

func text(conn *websocket.Conn, message string) {
	conn.WriteMessage(websocket.TextMessage, []byte(message))
}

// noteClose reads until the client leaves.
func noteClose(conn *websocket.Conn) {
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			code := int64(-1)
			if closed, ok := err.(*websocket.CloseError); ok && closed.Code != websocket.CloseAbnormalClosure {
				code = int64(closed.Code)
			}
			lastClose.Store(code)
			return
		}
	}
}
