package driver

import (
	"fmt"
	"runtime"
	"strings"
)

// A Bug is a panic of bpgen: nothing that a model says may bring one about.
type Bug struct {
	Path  string // of the model
	Panic any
	In    string // the function that has panicked
}

func (b *Bug) Error() string {
	return fmt.Sprintf("%s: bpgen has failed, in %s: %v; this is a bug of bpgen, please report it with the model", b.Path, b.In, b.Panic)
}

// orBug makes an error of a panic.
func orBug(path string, err *error) {
	if r := recover(); r != nil {
		*err = &Bug{path, r, panicked()}
	}
}

// panicked is the function that has panicked first.
func panicked() (name string) {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for after := false; ; {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		if after && !inRuntime {
			name = f.Function[strings.LastIndex(f.Function, "/")+1:]
		}
		if after = f.Function == "runtime.gopanic" || after && inRuntime; !more {
			return name
		}
	}
}
