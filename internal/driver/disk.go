package driver

import (
	"io/fs"
	"os"
	"time"
)

// A disk is what files are written through. Each method is a step at which a
// machine may stop; tests have disks that do.
type disk interface {
	Lstat(path string) (fs.FileInfo, error)
	Stat(path string) (fs.FileInfo, error)
	ReadFile(path string) ([]byte, error)
	ReadDir(path string) ([]fs.DirEntry, error)

	Mkdir(path string) error
	// Create makes a new file; its contents are on the disk then, its name
	// when the directory has been synced. A zero mode is that of a new file, a
	// zero time now.
	Create(path string, data []byte, mode fs.FileMode, t time.Time) error
	Rename(from, to string) error
	Remove(path string) error
	// Sync makes what has been done to the names in a directory last.
	Sync(dir string) error
}

type realDisk struct{}

func (realDisk) Lstat(path string) (fs.FileInfo, error)     { return os.Lstat(path) }
func (realDisk) Stat(path string) (fs.FileInfo, error)      { return os.Stat(path) }
func (realDisk) ReadFile(path string) ([]byte, error)       { return os.ReadFile(path) }
func (realDisk) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }
func (realDisk) Mkdir(path string) error                    { return os.Mkdir(path, 0o777) }
func (realDisk) Rename(from, to string) error               { return os.Rename(from, to) }
func (realDisk) Remove(path string) error                   { return os.Remove(path) }

func (realDisk) Create(path string, data []byte, mode fs.FileMode, t time.Time) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil && mode != 0 {
		err = f.Chmod(mode.Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil && !t.IsZero() {
		err = os.Chtimes(path, time.Time{}, t)
	}
	return err
}

// Sync is no error where a system or a file system can't do it: the files are
// right there, only maybe the old ones.
func (realDisk) Sync(dir string) error {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
	return nil
}
