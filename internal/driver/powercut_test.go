package driver

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// A ramDisk is a disk whose power can fail at any step. What has been written
// is there; names are as they were when their directory was last synced, and of
// what has been done to them since some is lost.
type ramDisk struct {
	files   fstest.MapFS // what programs see
	durable fstest.MapFS // what would be left for certain
	pending []ramOp      // what has been done since
	left    int          // steps until the power fails
	rnd     *rand.Rand
}

// A ramOp changes names. It happens as a whole or not at all.
type ramOp struct {
	paths []string
	do    func(m fstest.MapFS)
}

// powerCut is what a step panics with when there is no power any more.
type powerCut struct{}

func (d *ramDisk) step(op ramOp) {
	if d.left--; d.left < 0 {
		if d.left == -1 && d.rnd.IntN(2) == 0 { // later nothing happens at all
			d.pending = append(d.pending, op)
		}
		panic(powerCut{})
	}
	op.do(d.files)
	d.pending = append(d.pending, op)
}

// restart is the disk after a power cut: an operation that was not synced may
// have happened or not, but not before an earlier one on the same name.
func (d *ramDisk) restart(left int) *ramDisk {
	stuck := map[string]bool{}
	for _, op := range d.pending {
		lost := d.rnd.IntN(2) == 0 || slices.ContainsFunc(op.paths, func(p string) bool { return stuck[p] })
		if lost {
			for _, p := range op.paths {
				stuck[p] = true
			}
			continue
		}
		op.do(d.durable)
	}
	for path := range d.durable { // what is in a folder that is lost
		if d.durable[filepath.Dir(path)] == nil {
			delete(d.durable, path)
		}
	}
	return &ramDisk{files: maps.Clone(d.durable), durable: d.durable, left: left, rnd: d.rnd}
}

func (d *ramDisk) Lstat(path string) (fs.FileInfo, error)     { return d.files.Stat(path) }
func (d *ramDisk) Stat(path string) (fs.FileInfo, error)      { return d.files.Stat(path) }
func (d *ramDisk) ReadFile(path string) ([]byte, error)       { return d.files.ReadFile(path) }
func (d *ramDisk) ReadDir(path string) ([]fs.DirEntry, error) { return d.files.ReadDir(path) }

func (d *ramDisk) missing(path string) error {
	if d.files[path] == nil {
		return fs.ErrNotExist
	}
	return nil
}

func (d *ramDisk) Mkdir(path string) error {
	if d.files[path] != nil {
		return fs.ErrExist
	}
	d.step(ramOp{[]string{path}, func(m fstest.MapFS) { m[path] = &fstest.MapFile{Mode: fs.ModeDir | 0o777} }})
	return nil
}

func (d *ramDisk) Create(path string, data []byte, mode fs.FileMode, t time.Time) error {
	if d.files[path] != nil {
		return fs.ErrExist
	}
	put := func(data []byte) ramOp {
		return ramOp{[]string{path}, func(m fstest.MapFS) {
			if m[filepath.Dir(path)] != nil { // else the folder is lost with what is in it
				m[path] = &fstest.MapFile{Data: data}
			}
		}}
	}
	if d.left == 0 { // in the middle of writing
		d.left--
		d.pending = append(d.pending, put(data[:d.rnd.IntN(len(data)+1)]))
		panic(powerCut{})
	}
	d.step(put(data))
	return nil
}

func (d *ramDisk) Rename(from, to string) error {
	if err := d.missing(from); err != nil {
		return err
	}
	f := d.files[from]
	d.step(ramOp{[]string{from, to}, func(m fstest.MapFS) {
		m[to] = f
		delete(m, from)
	}})
	return nil
}

func (d *ramDisk) Remove(path string) error {
	if err := d.missing(path); err != nil {
		return err
	}
	d.step(ramOp{[]string{path}, func(m fstest.MapFS) { delete(m, path) }})
	return nil
}

func (d *ramDisk) Sync(dir string) error {
	d.step(ramOp{nil, func(fstest.MapFS) {}})
	var rest []ramOp
	for _, op := range d.pending {
		if slices.ContainsFunc(op.paths, func(p string) bool { return filepath.Dir(p) == dir }) {
			op.do(d.durable)
		} else if len(op.paths) > 0 {
			rest = append(rest, op)
		}
	}
	d.pending = rest
	return nil
}

// seen is what Go sees of a folder: its files, without those that begin
// with a dot.
func (d *ramDisk) seen(dir string) map[string]string {
	all := map[string]string{}
	for path, f := range d.files {
		if filepath.Dir(path) == dir && !strings.HasPrefix(filepath.Base(path), ".") && !f.Mode.IsDir() {
			all[filepath.Base(path)] = string(f.Data)
		}
	}
	return all
}

// cut runs f until the power fails; it reports whether it did.
func cut(f func()) (failed bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, failed = r.(powerCut); !failed {
				panic(r)
			}
		}
	}()
	f()
	return false
}

// TestPowerCut lets the power fail at each step of writing a package, several
// times each, and again while the next run finishes it. At any time Go sees the
// old package, the new one, or one that says that it is neither.
func TestPowerCut(t *testing.T) {
	const dir = "gen"
	next := map[string]string{"hand.go": before["hand.go"], "other.go": before["other.go"], "quote.go": before["quote.go"]}
	for _, f := range after {
		next[f.Name] = string(f.Data)
	}
	cuts, mixes := 0, 0
	for seed := range uint64(50) {
		for n := 0; ; n++ {
			d := &ramDisk{files: fstest.MapFS{".": {Mode: fs.ModeDir}, dir: {Mode: fs.ModeDir}}, left: n, rnd: rand.New(rand.NewPCG(seed, uint64(n)))}
			for name, text := range before {
				d.files[dir+"/"+name] = &fstest.MapFile{Data: []byte(text)}
			}
			d.durable = maps.Clone(d.files)
			write := func() {
				if _, err := newTransaction(d, dir, "m.bp").write(after); err != nil {
					t.Errorf("seed %d, step %d: %v", seed, n, err)
				}
			}
			if !cut(write) {
				break
			}
			// It may fail again while it is being finished.
			for again := true; again; {
				cuts++
				d = d.restart(d.rnd.IntN(30))
				switch seen := d.seen(dir); {
				case strings.HasPrefix(seen[newTransaction(d, dir, "m.bp").journal], unfinished):
					mixes++
				case !maps.Equal(seen, before) && !maps.Equal(seen, next):
					t.Errorf("seed %d, step %d: Go sees neither the old package nor the new one:\n%q", seed, n, seen)
				}
				again = cut(write)
			}
			if seen := d.seen(dir); !maps.Equal(seen, next) {
				t.Errorf("seed %d, step %d: finished, it is\n%q", seed, n, seen)
			}
			for path := range d.files {
				if strings.HasPrefix(filepath.Base(path), ".bpgen") {
					t.Errorf("seed %d, step %d: %s is left", seed, n, path)
				}
			}
		}
	}
	if cuts < 300 || mixes == 0 {
		t.Errorf("%d power cuts, %d of them while files were switched, are no test", cuts, mixes)
	}
	t.Logf("%d power cuts, %d of them while files were switched", cuts, mixes)
}

// TestKilled kills a process that writes two packages in turn.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("BPGEN_TEST_WRITE"); dir != "" {
		for i := 0; ; i++ {
			if _, err := Write(dir, "m.bp", versions(i)); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("no signals here")
	}
	kills := 30
	if testing.Short() {
		kills = 5
	}
	dir := t.TempDir()
	if _, err := Write(dir, "m.bp", versions(0)); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(dir, newTransaction(realDisk{}, dir, "m.bp").journal)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range kills {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
		cmd.Env = append(os.Environ(), "BPGEN_TEST_WRITE="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(20000+rnd.IntN(30000)) * time.Microsecond)
		cmd.Process.Kill()
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatal("it ended by itself:", err)
		}
		if _, err := os.Stat(journal); err != nil {
			if len(Stale(dir, "m.bp", versions(0))) > 0 && len(Stale(dir, "m.bp", versions(1))) > 0 {
				t.Fatalf("kill %d left a mix", i)
			}
		}
		if i%2 == 0 {
			continue // the next one has to finish it
		}
		if _, err := Write(dir, "m.bp", versions(i)); err != nil {
			t.Fatal(err)
		}
		if s := Stale(dir, "m.bp", versions(i)); len(s) > 0 {
			t.Fatalf("%q are stale", s)
		}
	}
}

// versions are two packages that share names, and have others for themselves.
func versions(i int) []File {
	var files []File
	for k := range 8 {
		files = append(files, file(fmt.Sprintf("f%d.go", k), fmt.Sprintf("package m // %d", i%2)))
	}
	return append(files, file(fmt.Sprintf("only%d.go", i%2), "package m"))
}

// TestJournal has journals that a run has not written, and one that it has.
func TestJournal(t *testing.T) {
	ours, other := header+"package m", "package m"
	for _, test := range []struct{ steps, want string }{
		{`[{"to":"hand.go"}]`, "is no journal"},
		{`[{"to":"../out.go"}]`, "is no journal"},
		{`[{"from":"0.new","to":"../out.go"}]`, "is no journal"},
		{`[{"from":"../hand.go","to":"a.go"}]`, "is no journal"},
		{`[{"from":"1.new","to":"a.go"}]`, "is no journal"},
		{`[{"from":"0.new","to":"hand.go"}]`, "is no journal"},
		{`[{"from":"0.new","to":".."}]`, "is no journal"},
		{`{`, "is no journal"},
		{`[{"from":"0.new","to":"a.go"},{"from":"2.new","to":"b.go"},{"to":"gone.go"},{"to":"c.go"}]`, ""},
	} {
		root := t.TempDir()
		dir := filepath.Join(root, "gen")
		tx := newTransaction(realDisk{}, dir, "m.bp")
		put(t, root, map[string]string{"out.go": ours})
		put(t, dir, map[string]string{"hand.go": other, "a.go": ours, "gone.go": ours, tx.journal: unfinished + test.steps})
		put(t, filepath.Join(dir, tx.staging), map[string]string{"0.new": ours + " // new", "1.new": other})
		was := state(t, root)
		err := tx.recover()
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) || !maps.Equal(state(t, root), was) {
				t.Errorf("%s: error %v", test.steps, err)
			}
			continue
		}
		a, _ := os.ReadFile(filepath.Join(dir, "a.go"))
		_, gone := os.Stat(filepath.Join(dir, "gone.go"))
		if err != nil || !bytes.HasSuffix(a, []byte("// new")) || gone == nil || len(state(t, dir)) != 5 {
			t.Errorf("%s: %v, a.go %q, left %q", test.steps, err, a, slices.Sorted(maps.Keys(state(t, dir))))
		}
	}
	// What Go says of it.
	dir := t.TempDir()
	put(t, dir, map[string]string{"go.mod": "module m\n", "a.go": ours, "zz-bpgen-0.go": unfinished + "[]\n"})
	cmd := exec.Command("go", "build", ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "bpgen gen was interrupted") {
		t.Errorf("go build: %v\n%s", err, out)
	}
}
