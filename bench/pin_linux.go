package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// pin keeps this process on the first n processors that it may use. Processes
// that it starts later stay there, too.
func pin(n int) error {
	var mask [128]uint64
	size := unsafe.Sizeof(mask)
	if _, _, e := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, size, uintptr(unsafe.Pointer(&mask))); e != 0 {
		return e
	}
	left := n
	for i, word := range mask {
		for word != 0 {
			bit := word & -word
			word &^= bit
			if left--; left < 0 {
				mask[i] &^= bit
			}
		}
	}
	if left > 0 {
		return fmt.Errorf("there are %d processors for %d threads", n-left, n)
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range tasks {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if _, _, e := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(id), size, uintptr(unsafe.Pointer(&mask))); e != 0 && e != syscall.ESRCH {
			return e
		}
	}
	return nil
}
