package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bpgen/bpgen/internal/driver"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bpgen": main})
}

// TestScript runs testdata/script/*.txtar, which call bpgen as a user would.
func TestScript(t *testing.T) {
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	// Scripts that run the go command do it with this machine's caches and
	// without a network.
	goEnv := map[string]string{}
	out, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE").Output()
	if err == nil {
		err = json.Unmarshal(out, &goEnv)
	}
	if err != nil {
		t.Fatal("go env: ", err)
	}
	maps.Copy(goEnv, map[string]string{"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOWORK": "off"})

	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("CHECKOUT", checkout)
			env.Setenv("NO_COLOR", "")
			for _, name := range slices.Sorted(maps.Keys(goEnv)) {
				env.Setenv(name, goEnv[name])
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exitcode": exitcode,
			"age":      age,
			"aged":     aged,
		},
	})
}

// exitcode CODE ARGS... runs bpgen and holds its exit code against CODE; its
// output is there for stdout and stderr.
func exitcode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exitcode CODE ARGS...")
	}
	err := ts.Exec("bpgen", args[1:]...)
	got := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		got = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("bpgen %q exits %s, want %s", args[1:], got, args[0])
	}
}

// old is when age says that a file was written.
var old = time.Unix(1e9, 0)

// age FILE... makes files old.
func age(ts *testscript.TestScript, neg bool, args []string) {
	for _, arg := range args {
		ts.Check(os.Chtimes(ts.MkAbs(arg), old, old))
	}
}

// aged FILE... fails when a file was written since, ! aged when it was not.
func aged(ts *testscript.TestScript, neg bool, args []string) {
	for _, arg := range args {
		info, err := os.Stat(ts.MkAbs(arg))
		ts.Check(err)
		if info.ModTime().Equal(old) == neg {
			ts.Fatalf("%s was written at %v", arg, info.ModTime())
		}
	}
}

// TestStarters holds the starters of init to what bpgen says of a model: it is
// right, formatted, and documented for the list.
func TestStarters(t *testing.T) {
	var names []string
	for _, s := range starterList() {
		names = append(names, s.name)
		t.Run(s.name, func(t *testing.T) {
			if s.doc == "" || s.doc[0] == '/' {
				t.Errorf("the first line is not // Package %s …", s.name)
			}
			file := s.name + ".bp"
			if text, diags := driver.Format(file, s.text); len(diags) > 0 {
				t.Error(diags)
			} else if !bytes.Equal(text, s.text) {
				t.Errorf("not formatted; bpgen fmt makes it\n%s", text)
			}
			res, err := driver.Generate(file, s.text, driver.Options{})
			if err != nil || len(res.Diags) > 0 || len(res.Files) == 0 {
				t.Fatal(err, res.Diags)
			}
			if res.Package != s.name {
				t.Errorf("package %s", res.Package)
			}
		})
	}
	if want := []string{"circuit", "logistic", "mlp", "neuron", "window"}; !slices.Equal(names, want) {
		t.Errorf("starters %q, want %q", names, want)
	}
}
