//go:build race

package main

// racing: the race detector is on, under which gzip takes ten times as long.
const racing = true
