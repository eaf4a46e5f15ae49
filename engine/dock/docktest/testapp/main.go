// Command testapp is what runs in the containers of stagewatch's own tests: a small server whose manners,
// good and bad, are chosen by flags. It is no part of the product.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", "", "address to serve on, at [::] for IPv6 alone; none: serve nothing")
	boot := flag.Duration("boot", 0, "wait this long before listening")
	body := flag.String("body", "hello", "what / answers")
	speak := flag.String("speak", "http", "http, greeting (raw, server speaks first), mute (accepts and says nothing), slam (accepts and closes)")
	say := flag.String("say", "", "print this on stdout at once, \\n and \\r read as line ends")
	complain := flag.String("complain", "", "print this on stderr at once")
	lines := flag.Int("lines", 0, "print this many numbered lines of 100 bytes on stdout")
	long := flag.Int("long", 0, "print one line of this many bytes")
	stubborn := flag.Bool("stubborn", false, "ignore SIGTERM")
	life := flag.Duration("life", 0, "exit after this long; 0: live on")
	code := flag.Int("exit", 0, "the exit code")
	health := flag.String("health", "", "be a health check: GET this URL and exit 0 if it answers 200")
	sick := flag.Duration("sick", 0, "answer /healthz with 503 for this long")
	flag.Parse()

	if *health != "" {
		os.Exit(check(*health))
	}
	if *stubborn {
		signal.Ignore(syscall.SIGTERM)
	} else {
		// As pid 1 a process that does not ask for SIGTERM never gets it.
		terminate := make(chan os.Signal, 1)
		signal.Notify(terminate, syscall.SIGTERM)
		go func() { <-terminate; os.Exit(143) }()
	}
	ends := strings.NewReplacer(`\n`, "\n", `\r`, "\r")
	fmt.Print(ends.Replace(*say))
	fmt.Fprint(os.Stderr, ends.Replace(*complain))
	for i := range *lines {
		fmt.Printf("%09d %s\n", i, strings.Repeat("x", 89))
	}
	if *long > 0 {
		fmt.Println(strings.Repeat("y", *long))
	}
	if *listen != "" {
		time.Sleep(*boot)
		go serve(*listen, *speak, *body, time.Now().Add(*sick))
	}
	if *life > 0 || *listen == "" {
		time.Sleep(*life)
		os.Exit(*code)
	}
	select {}
}

func serve(address, speak, body string, healthyAt time.Time) {
	network := "tcp"
	if strings.HasPrefix(address, "[::]") {
		network = "tcp6"
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if speak != "http" {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go converse(conn, speak, body)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path, r.Host)
		_, _ = io.WriteString(w, body)
	})
	mux.HandleFunc("/env", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Join(os.Environ(), "\n"))
	})
	mux.HandleFunc("/file/", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, strings.TrimPrefix(r.URL.Path, "/file"))
	})
	mux.HandleFunc("/eat", func(http.ResponseWriter, *http.Request) {
		// Touched, so that the kernel must give it.
		for hoard := [][]byte{}; ; {
			hoard = append(hoard, bytes.Repeat([]byte{1}, 1<<20))
		}
	})
	mux.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if time.Now().Before(healthyAt) {
			http.Error(w, "still sick", http.StatusServiceUnavailable)
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	fmt.Fprintln(os.Stderr, server.Serve(listener))
}

// converse is a connection of a server that does not speak HTTP.
func converse(conn net.Conn, speak, body string) {
	defer conn.Close()
	switch speak {
	case "slam":
	case "greeting":
		_, _ = io.WriteString(conn, body+"\n")
		_, _ = io.Copy(conn, conn)
	default:
		_, _ = io.Copy(io.Discard, conn)
	}
}

func check(url string) int {
	answer, err := (&http.Client{Timeout: 2 * time.Second}).Get(url)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		fmt.Println(answer.Status)
		return 1
	}
	return 0
}
