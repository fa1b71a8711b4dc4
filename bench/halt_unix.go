//go:build unix

package main

import (
	"os"
	"syscall"
)

func halt(p *os.Process)   { p.Signal(syscall.SIGSTOP) }
func resume(p *os.Process) { p.Signal(syscall.SIGCONT) }

// resumeAll goes to everything in the process's group.
func resumeAll() { syscall.Kill(0, syscall.SIGCONT) }
