package driver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

// programCases says what to call the programs of the language's definition with,
// in the words of testdata/conformance/make.py. The descents, and nets of a size
// to be used, take the interpreter too long.
var programCases = map[string]map[string]string{
	"hello": {"Square": "x=3", "Double": "x=3"},
	"llsq":  {"Llsq": "m=3 n=6"},
	"lse":   {"LSE": "n=5; n=1", "Naive": "n=5; n=1"},
	"det":   {"Det": "n=4"},
	"ode":   {"Primal": "n=4 s=3", "Gradient": "n=4 s=3"},
	"kmeans": {
		"Cost": "n=6 d=2 k=3", "Dir": "n=6 d=2 k=2 centroids=[[-1, -1], [1, 1]]",
	},
	"gmm":  {"GMM": "k=3 d=3 n=4 m=1 gamma=0.7"},
	"lstm": {"LSTM": "l=2 b=3 c=4"},
	"ba": {
		"Errors": "n=2 m=3 p=4", "Blocks": "n=2 m=3 p=4",
	},
	"lecture": {
		"Circuit": "x=-2 y=5 z=-4", "Gates": "x=3 y=-4 z=2 w=-1", "Neuron": "w=[2, -3, -3] x=[-1, -2]",
		"Force": "p=[1, 2, 3]; p=[0, 0, 0]",
	},
	"models": {
		"Logistic": "B=3", "Factor": "users=3 items=4 B=3", "ODENet": "steps=2 B=1",
		"GP": "n=4 d=2", "Kalman": "s=2 o=1 n=3 Q=[[1.5, 0.2], [0.2, 1]] R=[[0.8]] P0=[[1, 0], [0, 1]]",
		"Call": "S=1.1 K=1 r=0.05 v=0.3 t=0.5", "Greeks": "S=1.1 K=1 r=0.05 v=0.3 t=0.5", "Reach": "n=3",
	},
}

// TestPrograms holds the programs that define the language beside their
// interpreter: every func and model of them is generated and passes the checks
// that are generated with it, and calls have the values and derivatives that the
// interpreter gives them.
func TestPrograms(t *testing.T) {
	language, err := filepath.Abs(root + "/../shared/language")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(language); err != nil {
		t.Skip("the programs are not beside the checkout")
	}
	dir := t.TempDir()
	r := &conformanceRun{dir: filepath.Join(dir, "go"), floats: []string{"float64"}, plain: true}
	all := modelsIn(t, filepath.Join(language, "programs"))
	if len(all) < 16 {
		t.Errorf("%d programs, want 16", len(all))
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("no Python: the interpreter says nothing")
	}
	make := []string{root + "/testdata/conformance/make.py", language, "--in", dir}
	var told []string
	for _, path := range all {
		name := strings.TrimSuffix(filepath.Base(path), ".bp")
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name+".bp"), withCases(string(src), programCases[name]))
		if programCases[name] != nil {
			make, told = append(make, name), append(told, name)
		}
	}
	write(t, filepath.Join(dir, "go.mod"), "module programs\n\ngo 1.24\n")
	if python != "" {
		cmd := exec.Command(python, make...)
		cmd.Stderr = os.Stderr
		if out, err := cmd.Output(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, name := range told {
			t.Run(name, func(t *testing.T) { r.file(t, name, filepath.Join(dir, name+".bp")) })
		}
	}
	for _, path := range all {
		name := strings.TrimSuffix(filepath.Base(path), ".bp")
		if pkg := name + "64"; name != "nn" && name != "descent" { // nothing becomes of layers alone
			generate(t, filepath.Join(dir, name+".bp"), filepath.Join(r.dir, pkg), driver.Options{Package: pkg, Float: "float64", Plain: true})
		}
	}
	r.compare(t)
	goCommand(t, r.dir, nil, "test", "./...")
}

// withCases puts a comment that says the cases above each declaration.
func withCases(src string, cases map[string]string) string {
	for name, c := range cases {
		src = regexp.MustCompile(`(?m)^(func|model) `+name+`\b`).ReplaceAllString(src, "// cases: "+c+"\n$0")
	}
	return src
}
