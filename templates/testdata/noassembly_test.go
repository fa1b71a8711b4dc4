//go:build !amd64 || purego

package p

const assembly = false
