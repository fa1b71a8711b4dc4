//go:build !linux

package main

import "errors"

// pin is for Linux only.
func pin(int) error { return errors.New("this system cannot be asked to hold them") }
