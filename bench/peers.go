package main

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/bench/plain"
)

// plainMaker is hand-written Go.
var plainMaker = maker{"go", func(config, string) ([]system, error) {
	return []system{&inside{version: runtime.Version(), open: plain.Open}}, nil
}}

//go:embed c python
var sources embed.FS

// cMaker is C without a library for matrices: gcc, and for vectors its vector
// functions, which it uses with -ffast-math only.
var cMaker = maker{"c", func(c config, scratch string) ([]system, error) {
	bin, err := buildC(scratch, []unit{{"serve.c", false}, {"plain.c", false}, {"scalars.c", false}, {"vectors.c", true}}, "-lmvec", "-lm")
	if err != nil {
		return nil, err
	}
	return several(c, alternatives(), bin)
}}

// openBLASMaker is C on OpenBLAS, with the kernels that it chooses itself and,
// where the processor has AVX-512, with those for SkylakeX.
var openBLASMaker = maker{"openblas", func(c config, scratch string) ([]system, error) {
	bin, err := buildC(scratch, []unit{{"serve.c", false}, {"nets.c", true}}, "-lopenblas", "-lmvec", "-lm")
	if err != nil {
		return nil, err
	}
	return several(c, alternatives("OPENBLAS_CORETYPE=SkylakeX"), bin)
}}

// A unit is a file of c, compiled with or without -ffast-math.
type unit struct {
	file string
	fast bool
}

// buildC compiles a program of some units and returns its path.
func buildC(scratch string, units []unit, libs ...string) (string, error) {
	if err := os.CopyFS(scratch, sources); err != nil {
		return "", err
	}
	dir := filepath.Join(scratch, "c")
	var objects []string
	for _, u := range units {
		object := strings.TrimSuffix(u.file, ".c") + ".o"
		args := []string{"-std=gnu11", "-O3", "-march=native", "-Wall", "-Wextra", "-c", u.file, "-o", object}
		if u.fast {
			args = append(args, "-ffast-math")
		}
		if err := output(dir, "gcc", args...); err != nil {
			return "", err
		}
		objects = append(objects, object)
	}
	err := output(dir, "gcc", append(append([]string{"-o", "peer"}, objects...), libs...)...)
	return filepath.Join(dir, "peer"), err
}

// pythonMaker is a library of Python's.
func pythonMaker(name string, settings [][]string) maker {
	return maker{name, func(c config, scratch string) ([]system, error) {
		if err := os.CopyFS(scratch, sources); err != nil {
			return nil, err
		}
		return several(c, settings, "python3", filepath.Join(scratch, "python", "peers.py"), name)
	}}
}

// goMaker is a library of Go's, in a module of its own so that neither bpgen
// nor the bench depends on it. What install.sh has not fetched is absent.
func goMaker(name string, settings ...[]string) maker {
	return maker{name, func(c config, scratch string) ([]system, error) {
		bin := filepath.Join(scratch, name)
		err := output(filepath.Join("peers", name), "env", "GOPROXY=off", "go", "build", "-mod=readonly", "-buildvcs=false", "-o", bin, ".")
		if err != nil {
			return nil, err
		}
		return several(c, settings, bin)
	}}
}

// alternatives are the settings of a peer as it comes and, where the processor
// has AVX-512, with more environment for it.
func alternatives(avx512 ...string) [][]string {
	settings := [][]string{nil}
	if len(avx512) > 0 && slices.ContainsFunc(kernels(), func(k kernel) bool { return strings.HasSuffix(k.name, "avx512") }) {
		settings = append(settings, avx512)
	}
	return settings
}

// several starts a program once for each setting. It is absent if none starts.
func several(c config, settings [][]string, name string, args ...string) ([]system, error) {
	var all []system
	var first error
	for _, env := range settings {
		s, err := start(c, env, name, args...)
		if err == nil {
			all = append(all, s)
		} else if first == nil {
			first = err
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	return nil, first
}

// output runs a command in a folder. Its error is the last line that it wrote.
func output(dir, name string, args ...string) error {
	var t tail
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &t, &t
	err := cmd.Run()
	if line := t.line(); err != nil && line != "" {
		return fmt.Errorf("%s: %s", name, line)
	}
	return err
}

// goMinor is the version of Go without its last part.
func goMinor() string {
	parts := strings.SplitN(runtime.Version(), ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}
