//go:build !js

// Command playground writes the page in which one edits a model and sees it
// explained as a static site, with bpgen compiled to WebAssembly.
//
//	go run ./cmd/playground -viz node_modules/@viz-js/viz/dist/viz-global.js DIR
//
// The drawings are laid out by Graphviz compiled to WebAssembly, which is in
// that file of the npm package @viz-js/viz.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bpgen/bpgen/explain"
	"github.com/bpgen/bpgen/internal/driver"
)

func main() {
	viz := flag.String("viz", "", "`FILE` viz-global.js of @viz-js/viz")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: playground -viz FILE DIR")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || *viz == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := write(flag.Arg(0), *viz); err != nil {
		fmt.Fprintln(os.Stderr, "playground:", err)
		os.Exit(1)
	}
}

// write makes the site in dir.
func write(dir, viz string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	page, err := explain.Playground(driver.Lecture())
	if err != nil {
		return err
	}
	page = strings.Replace(page, `<html lang="en">`, `<html lang="en" data-worker="worker.js">`, 1)
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	glue := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js")
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "index.html"), []byte(page), 0o666),
		os.WriteFile(filepath.Join(dir, "worker.js"), []byte(explain.Worker()), 0o666),
		copyFile(filepath.Join(dir, "wasm_exec.js"), glue),
		copyFile(filepath.Join(dir, "viz.js"), viz),
		compile(filepath.Join(dir, "bpgen.wasm")),
	)
}

func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o666)
}

// compile builds this command for the page.
func compile(to string) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", to, "github.com/bpgen/bpgen/cmd/playground")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
