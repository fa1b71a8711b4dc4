package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/bpgen/bpgen/explain"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/spf13/cobra"
)

func serveCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Serve a page in which one edits a model and sees it explained",
		Long: `Serve opens a page on this machine only (127.0.0.1), in which one edits a model
and sees what is wrong with it, the four explanations and the generated Go as
one types. It reads and writes no files.`,
		Example: `  bpgen serve
  bpgen serve -port 8080`,
		Args:                  cobra.NoArgs,
		DisableFlagsInUseLine: true,
	}
	port := cmd.Flags().Uint16("port", 0, "the port; 0: any that is free")
	complete(cmd, "port")
	cmd.RunE = func(*cobra.Command, []string) error {
		h, err := playground()
		if err != nil {
			return err
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(*port))))
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "http://%s/\n", l.Addr())
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
		go func() {
			<-ctx.Done()
			s.Close()
		}()
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
	return cmd
}

// maxRequest is how long a request may be, with a model in JSON, where six
// letters may stand for one.
const maxRequest = 6*driver.MaxModel + 1<<16

// playground answers the page and its requests. Only a browser on this machine
// that was sent here by nobody else is answered: other names for this host are
// another site's attempt to speak with it.
func playground() (http.Handler, error) {
	page, err := explain.Playground(driver.Lecture())
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	})
	mux.HandleFunc("POST /explain", func(w http.ResponseWriter, r *http.Request) {
		var q driver.Request
		var long *http.MaxBytesError
		switch err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&q); {
		case errors.As(err, &long):
			http.Error(w, "the model is too long", http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			http.Error(w, "the request is not understood", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(driver.Play(q)); err != nil {
			return // the browser has gone
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !local(r) {
			http.Error(w, "this page is for this machine only", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	}), nil
}

// local reports whether r asks for this machine by one of its own names, and
// comes from a page of this server.
func local(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if host != "127.0.0.1" && host != "localhost" && host != "::1" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || origin == "http://"+r.Host
}
