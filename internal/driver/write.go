package driver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Write puts the files generated from model into dir, all of them or none:
// on an error the directory is as it was. It returns the names of the files
// that it wrote or removed, in order.
//
// A file that is right already is not touched. A file that an earlier run made
// from the same model, but that is no longer generated, is removed. A file that
// was not generated from this model is never overwritten.
//
// Where the machine stops in the middle, the package is the old one or the new
// one, or does not compile and says why; the next Write finishes it.
func Write(dir, model string, files []File) (changed []string, err error) {
	return newTransaction(realDisk{}, dir, model).write(files)
}

// Stale returns the names of the files in dir that Write would write, remove
// or stumble over, in order.
func Stale(dir, model string, files []File) []string {
	tx := newTransaction(realDisk{}, dir, model)
	changes, conflicts, err := tx.plan(files)
	names := slices.Collect(maps.Keys(conflicts))
	for _, c := range changes {
		names = append(names, c.name)
	}
	if v, _ := tx.read(tx.journal); v != nil {
		names = append(names, tx.journal)
	}
	if err != nil {
		for _, f := range files {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Replace replaces the contents of the file at path, which must exist: at no
// moment is it there half. It keeps its mode, and a link stays a link.
func Replace(path string, data []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	return replace(realDisk{}, path, data)
}

func replace(d disk, path string, data []byte) error {
	info, err := d.Lstat(path)
	if err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(path), ".bpgen-"+strconv.FormatUint(rand.Uint64(), 36)+".tmp")
	if err = d.Create(temp, data, info.Mode(), time.Time{}); err == nil {
		err = d.Rename(temp, path)
	}
	if err != nil {
		d.Remove(temp)
		return err
	}
	d.Sync(filepath.Dir(path))
	return nil
}

// A version is what a file holds, before or after. A zero mode is that of a
// new file, a zero time now.
type version struct {
	data []byte
	mode fs.FileMode
	time time.Time
}

// A change turns old into new; nil is a file that is not there.
type change struct {
	name     string
	old, new *version
}

// A transaction changes the files of one directory.
//
// All that is needed, forth or back, is first put into a folder beside them,
// which Go does not look into. The switch begins when the journal appears, a
// list of the steps to take, and ends when it disappears. In between the
// package is a mix of old and new, which might compile and be wrong; therefore
// the journal is a file that no Go compiler accepts. Whoever finds a journal
// takes its steps: each is a rename or a removal, which is done or is not.
type transaction struct {
	disk
	dir, model string
	staging    string // the folder, within dir
	journal    string // the journal's name
}

func newTransaction(d disk, dir, model string) *transaction {
	id := fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(model)))
	return &transaction{disk: d, dir: dir, model: model, staging: ".bpgen-" + id, journal: "zz-bpgen-" + id + ".go"}
}

func (tx *transaction) path(name ...string) string {
	return filepath.Join(append([]string{tx.dir}, name...)...)
}

// folder says what is wrong with the directory; there may be none yet.
func (tx *transaction) folder() error {
	if info, err := tx.Stat(tx.dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a directory", tx.dir)
	}
	return nil
}

func (tx *transaction) write(files []File) (changed []string, err error) {
	if err := tx.folder(); err != nil {
		return nil, err
	}
	if err := tx.recover(); err != nil {
		return nil, err
	}
	if err := tx.clear(); err != nil { // what a run has left that was killed
		return nil, err
	}
	changes, conflicts, err := tx.plan(files)
	if err != nil {
		return nil, err
	}
	if len(conflicts) > 0 {
		var all []error
		for _, name := range slices.Sorted(maps.Keys(conflicts)) {
			all = append(all, conflicts[name])
		}
		return nil, errors.Join(all...)
	}
	if len(changes) == 0 {
		return nil, nil
	}
	made, err := tx.mkdir()
	if err == nil {
		err = tx.change(changes)
	}
	if err != nil {
		for _, dir := range made {
			tx.Remove(dir)
		}
		return nil, err
	}
	for _, c := range changes {
		changed = append(changed, c.name)
	}
	return changed, nil
}

// change stages what is needed, and switches.
func (tx *transaction) change(changes []change) (err error) {
	defer tx.clear() // what it can't remove the next run will
	if err := tx.Mkdir(tx.path(tx.staging)); err != nil {
		return err
	}
	if err := tx.Sync(tx.dir); err != nil {
		return err
	}
	var forth, back []step
	for i, c := range changes {
		f, err := tx.stage(c.name, strconv.Itoa(i)+".new", c.new)
		if err != nil {
			return err
		}
		b, err := tx.stage(c.name, strconv.Itoa(i)+".old", c.old)
		if err != nil {
			return err
		}
		forth, back = append(forth, f), append(back, b)
	}
	// Everything is on the disk before the switch begins.
	if err := tx.Sync(tx.path(tx.staging)); err != nil {
		return err
	}
	err = tx.note(forth)
	if err == nil {
		err = tx.take(forth)
	}
	if err != nil {
		// What has been done is undone, if the journal can be told so.
		e := tx.note(back)
		if e == nil {
			e = tx.take(back)
		}
		return errors.Join(err, e)
	}
	return nil
}

// A step puts a file from the staging folder in the place of another; a step
// from nowhere removes it.
type step struct {
	From string `json:"from,omitempty"`
	To   string `json:"to"`
}

func (tx *transaction) stage(name, as string, v *version) (step, error) {
	if v == nil {
		return step{To: name}, nil
	}
	return step{as, name}, tx.Create(tx.path(tx.staging, as), v.data, v.mode, v.time)
}

// unfinished is what the Go compiler shows of a journal.
const unfinished = "\"bpgen gen was interrupted while it wrote this package; run it again to finish\"\n"

// note puts down which steps are to be taken.
func (tx *transaction) note(steps []step) error {
	data, err := json.MarshalIndent(steps, "", "\t")
	if err != nil {
		return err
	}
	temp := tx.path(tx.staging, "journal")
	tx.Remove(temp)
	if err := tx.Create(temp, append([]byte(unfinished), append(data, '\n')...), 0, time.Time{}); err != nil {
		return err
	}
	if err := tx.Rename(temp, tx.path(tx.journal)); err != nil {
		return err
	}
	return tx.Sync(tx.dir)
}

// take takes the steps that have not been taken, and then strikes them off.
func (tx *transaction) take(steps []step) error {
	for _, s := range steps {
		err := error(nil)
		if s.From == "" {
			err = tx.Remove(tx.path(s.To))
		} else {
			err = tx.Rename(tx.path(tx.staging, s.From), tx.path(s.To))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := tx.Sync(tx.dir); err != nil {
		return err
	}
	if err := tx.Remove(tx.path(tx.journal)); err != nil {
		return err
	}
	return tx.Sync(tx.dir)
}

// recover finishes what a run has begun that was killed. A journal may come
// from elsewhere, so it gets no file changed but those generated from the model.
func (tx *transaction) recover() error {
	j, err := tx.read(tx.journal)
	if err != nil || j == nil {
		return err
	}
	data, ok := bytes.CutPrefix(j.data, []byte(unfinished))
	var steps []step
	bad := fmt.Errorf("%s is no journal of an interrupted run; remove it", tx.path(tx.journal))
	if !ok || json.Unmarshal(data, &steps) != nil {
		return bad
	}
	ours := func(path string) bool {
		v, err := read(tx.disk, path)
		if err != nil || v == nil {
			return err == nil // a step that has been taken
		}
		model, ok := source(v.data)
		return ok && model == tx.model
	}
	for _, s := range steps {
		if !plainName(s.To) || s.From != "" && (!plainName(s.From) || !ours(tx.path(tx.staging, s.From))) || !ours(tx.path(s.To)) {
			return bad
		}
	}
	return tx.take(steps)
}

// clear removes the staging folder with all that is in it.
func (tx *transaction) clear() error {
	dir := tx.path(tx.staging)
	entries, err := tx.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if v, err := tx.read(tx.journal); v != nil || err != nil {
		return err // it is still needed
	}
	for _, e := range entries {
		if err := tx.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return tx.Remove(dir)
}

// mkdir makes the directory and returns those that it had to make, the
// innermost first.
func (tx *transaction) mkdir() (made []string, err error) {
	var missing []string
	for dir := filepath.Clean(tx.dir); ; dir = filepath.Dir(dir) {
		if _, err := tx.Lstat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		if err := tx.Mkdir(dir); err != nil {
			return made, err
		}
		made = slices.Insert(made, 0, dir)
		if err := tx.Sync(filepath.Dir(dir)); err != nil {
			return made, err
		}
	}
	return made, nil
}

// plainName reports whether a name is that of a file in the folder at hand.
func plainName(name string) bool {
	return name != "" && name == filepath.Base(name) && filepath.IsLocal(name) && name != "." && !strings.ContainsAny(name, "/\\\x00")
}

// plan compares the directory with the files that belong there. Conflicts are
// the files that are in the way, with the reason.
func (tx *transaction) plan(files []File) (changes []change, conflicts map[string]error, err error) {
	if err := tx.folder(); err != nil {
		return nil, nil, err
	}
	conflicts = map[string]error{}
	wanted := map[string]bool{}
	for _, f := range files {
		switch owner, ok := source(f.Data); {
		case !plainName(f.Name) || f.Name == tx.journal || strings.HasPrefix(f.Name, "."):
			return nil, nil, fmt.Errorf("%q is no name for a generated file", f.Name)
		case wanted[f.Name]:
			return nil, nil, fmt.Errorf("%s is generated twice", f.Name)
		case !ok || owner != tx.model:
			// Without the header the next run would take the file for
			// someone else's.
			return nil, nil, fmt.Errorf("%s does not say that it is generated from %s", f.Name, tx.model)
		}
		wanted[f.Name] = true
		old, err := tx.read(f.Name)
		if err != nil {
			conflicts[f.Name] = err
			continue
		}
		next := &version{data: f.Data}
		if old != nil {
			if bytes.Equal(old.data, f.Data) {
				continue
			}
			if owner, ok := source(old.data); !ok {
				conflicts[f.Name] = fmt.Errorf("%s was not generated by bpgen; move it away or choose another directory", tx.path(f.Name))
				continue
			} else if owner != tx.model {
				conflicts[f.Name] = fmt.Errorf("%s was generated from %s, not from %s; remove it or choose another directory", tx.path(f.Name), owner, tx.model)
				continue
			}
			next.mode = old.mode
		}
		changes = append(changes, change{f.Name, old, next})
	}
	entries, err := tx.ReadDir(tx.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, e := range entries {
		if wanted[e.Name()] || !e.Type().IsRegular() {
			continue
		}
		old, err := tx.read(e.Name())
		if err != nil || old == nil {
			continue // a file that can't be read is none of ours
		}
		if owner, ok := source(old.data); ok && owner == tx.model {
			changes = append(changes, change{e.Name(), old, nil})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return strings.Compare(a.name, b.name) })
	return changes, conflicts, nil
}

func (tx *transaction) read(name string) (*version, error) { return read(tx.disk, tx.path(name)) }

// read returns the file at path, nil when there is none. What is no ordinary
// file, a link included, is an error: replacing it would not be undone by
// putting its contents back.
func read(d disk, path string) (*version, error) {
	info, err := d.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not an ordinary file", path)
	}
	data, err := d.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return &version{data, info.Mode(), info.ModTime()}, nil
}

// source returns the model that a generated file names in its header, a line
// of its own before the first that is no comment:
//
//	// Code generated by bpgen from digits.bp; DO NOT EDIT.
func source(data []byte) (model string, ok bool) {
	for line := range bytes.Lines(data) {
		s := strings.TrimRight(string(line), "\r\n")
		if s != "" && !strings.HasPrefix(s, "//") {
			break
		}
		if s, ok := strings.CutPrefix(s, "// Code generated by bpgen from "); ok {
			return strings.CutSuffix(s, "; DO NOT EDIT.")
		}
	}
	return "", false
}
