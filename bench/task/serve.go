package task

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Serve answers the lines of the harness until there are no more. The process
// works in the folder with the data. A line and its answer:
//
//	about            ok NAME AND VERSION
//	load SPEC        ok, or: none
//	check N          ok, with the result of N runs after a reset in out.bin
//	run N            ok NANOSECONDS, for N runs after a reset
//	drop             ok; the task's memory is given up
//
// What goes wrong is answered by: error TEXT. What a library prints to
// standard output is kept apart, on standard error.
func Serve(about string, open func(Spec, *Data) (Runner, error)) {
	out := os.Stdout
	os.Stdout = os.Stderr
	lines := bufio.NewScanner(os.Stdin)
	var r Runner
	for lines.Scan() {
		answer, err := serve(lines.Text(), about, open, &r)
		switch {
		case errors.Is(err, ErrNone):
			answer = "none"
		case err != nil:
			answer = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		default:
			answer = strings.TrimSpace("ok " + answer)
		}
		fmt.Fprintln(out, answer)
	}
}

func serve(line, about string, open func(Spec, *Data) (Runner, error), r *Runner) (answer string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	words := strings.Fields(line)
	if len(words) == 0 {
		return "", errors.New("an empty line")
	}
	if words[0] == "about" {
		return about, nil
	}
	if words[0] == "drop" {
		*r = nil
		return "", nil
	}
	if words[0] == "load" {
		spec, err := Parse(words[1:])
		if err != nil {
			return "", err
		}
		d, err := Read(".")
		if err != nil {
			return "", err
		}
		*r, err = open(spec, d)
		return "", err
	}
	if len(words) != 2 || *r == nil {
		return "", fmt.Errorf("cannot do %q now", line)
	}
	n, err := strconv.Atoi(words[1])
	if err != nil {
		return "", err
	}
	(*r).Reset()
	start := time.Now()
	if err := (*r).Run(n); err != nil {
		return "", err
	}
	ns := time.Since(start).Nanoseconds()
	if words[0] == "run" {
		return strconv.FormatInt(ns, 10), nil
	}
	result, err := (*r).Result()
	if err != nil {
		return "", err
	}
	return "", os.WriteFile("out.bin", AppendFloat64s(nil, result), 0o600)
}
