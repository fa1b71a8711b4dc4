package main

import (
	"cmp"
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
var plainMaker = maker{"go", "", func(config, int, string) ([]system, error) {
	return []system{&inside{version: runtime.Version(), open: plain.Open}}, nil
}}

// ownMaker is bpgen again, in a process that is told to use the kernels for an
// instruction set.
func ownMaker(isa string) maker {
	return maker{"bpgen-" + isa, isa, func(c config, threads int, _ string) ([]system, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		return several(c, threads, [][]string{{"BPGEN_CPU=" + isa}}, self, "-serve")
	}}
}

//go:embed c python
var sources embed.FS

// cMaker is C without a library for matrices: gcc, and for vectors its vector
// functions, which it uses with -ffast-math only.
var cMaker = maker{"c", "", func(c config, threads int, scratch string) ([]system, error) {
	bin, err := buildC(scratch, []unit{{"serve.c", false}, {"plain.c", false}, {"scalars.c", false}, {"vectors.c", true}}, "-lmvec", "-lm")
	if err != nil {
		return nil, err
	}
	return several(c, threads, asItComes, bin)
}}

// openBLASMaker is C on OpenBLAS, with the kernels that it chooses itself and
// with others that the processor can run.
var openBLASMaker = maker{"openblas", "", func(c config, threads int, scratch string) ([]system, error) {
	bin, err := buildC(scratch, []unit{{"serve.c", false}, {"nets.c", true}}, "-lopenblas", "-lmvec", "-lm")
	if err != nil {
		return nil, err
	}
	settings := append(asItComes, []string{"OPENBLAS_CORETYPE=Haswell"})
	return several(c, threads, withAVX512(settings, "OPENBLAS_CORETYPE=SkylakeX"), bin)
}}

// torchMaker is PyTorch, as it comes and with its MKL told that this is Intel's
// processor, without which it may keep its better kernels to itself.
var torchMaker = maker{"torch", "", func(c config, threads int, scratch string) ([]system, error) {
	settings := asItComes
	lib := filepath.Join(scratch, "intel.so")
	if output("c", "gcc", "-shared", "-fPIC", "-o", lib, "intel.c") == nil {
		settings = append(settings, []string{"LD_PRELOAD=" + lib})
	}
	return python(c, threads, scratch, "torch", settings)
}}

// jaxMaker is JAX, as it comes, with each call waited for, which may take less
// time than handing it over, and with vectors of 512 bits.
var jaxMaker = maker{"jax", "", func(c config, threads int, scratch string) ([]system, error) {
	const wait = "JAX_CPU_ENABLE_ASYNC_DISPATCH=false"
	settings := append(asItComes, []string{wait})
	return python(c, threads, scratch, "jax", withAVX512(settings, wait, "XLA_FLAGS=--xla_cpu_prefer_vector_width=512"))
}}

// numpyMaker is NumPy.
var numpyMaker = maker{"numpy", "", func(c config, threads int, scratch string) ([]system, error) {
	return python(c, threads, scratch, "numpy", asItComes)
}}

// python starts a library of Python's, with the interpreter that PYTHON names.
func python(c config, threads int, scratch, name string, settings [][]string) ([]system, error) {
	if err := os.CopyFS(scratch, sources); err != nil {
		return nil, err
	}
	return several(c, threads, settings, cmp.Or(os.Getenv("PYTHON"), "python3"), filepath.Join(scratch, "python", "peers.py"), name)
}

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

// goMaker is a library of Go's, in a module of its own so that neither bpgen
// nor the bench depends on it. What install.sh has not fetched is absent.
func goMaker(name string, settings ...[]string) maker {
	return maker{name, "", func(c config, threads int, scratch string) ([]system, error) {
		bin := filepath.Join(scratch, name)
		err := output(filepath.Join("peers", name), "env", "GOPROXY=off", "go", "build", "-mod=readonly", "-buildvcs=false", "-o", bin, ".")
		if err != nil {
			return nil, err
		}
		return several(c, threads, settings, bin)
	}}
}

// asItComes is a single setting, without any environment.
var asItComes = [][]string{nil}[:1:1]

// withAVX512 is settings and, where the processor has AVX-512, one more.
func withAVX512(settings [][]string, env ...string) [][]string {
	if slices.ContainsFunc(kernels(), func(k kernel) bool { return strings.HasSuffix(k.name, "avx512") }) {
		settings = append(settings, env)
	}
	return settings
}

// several starts a program once for each setting. It is absent if none starts.
func several(c config, threads int, settings [][]string, name string, args ...string) ([]system, error) {
	var all []system
	var first error
	for _, env := range settings {
		s, err := start(c, threads, env, name, args...)
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
