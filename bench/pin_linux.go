package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

// A mask has a bit for each processor.
type mask [128]uint64

func (m *mask) has(cpu int) bool { return m[cpu/64]>>(cpu%64)&1 != 0 }

// allowed are the processors that this process had at its start.
var allowed = func() (m mask) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(m), uintptr(unsafe.Pointer(&m)))
	return m
}()

// processors are those in the order in which they are taken: as long as there
// are such, each of a core of its own.
var processors = sync.OnceValue(func() (cpus []int) {
	var cores []string
	var siblings []int
	for cpu := range 64 * len(allowed) {
		if !allowed.has(cpu) {
			continue
		}
		core, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu))
		if err == nil && slices.Contains(cores, string(core)) {
			siblings = append(siblings, cpu)
			continue
		}
		cores = append(cores, string(core))
		cpus = append(cpus, cpu)
	}
	return append(cpus, siblings...)
})

// pin keeps this process on n processors. Processes that it starts later stay
// there, too.
func pin(n int) error {
	cpus := processors()
	if len(cpus) < n {
		return fmt.Errorf("there are %d processors for %d threads", len(cpus), n)
	}
	var m mask
	for _, cpu := range cpus[:n] {
		m[cpu/64] |= 1 << (cpu % 64)
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
		if _, _, e := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(id), unsafe.Sizeof(m), uintptr(unsafe.Pointer(&m))); e != 0 && e != syscall.ESRCH {
			return e
		}
	}
	return nil
}
