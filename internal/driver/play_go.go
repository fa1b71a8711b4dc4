//go:build !js

package driver

// playEffort is how many steps of work a model in a playground may take, where
// somebody waits for the answer: some seconds of them.
const playEffort = 30_000_000
