//go:build !unix

package main

import "os"

func halt(*os.Process)   {}
func resume(*os.Process) {}
func resumeAll()         {}
