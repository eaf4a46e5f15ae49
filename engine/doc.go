// Package engine is the loop that keeps a multi-stage Dockerfile built and running while its source is
// edited: it takes in changed paths, plans what they affect, builds it, runs the image and hands the
// published port over, and reports all of it as events.
//
// [Run] connects everything for real. The loop itself talks to the engine, the runner and the front
// through small interfaces of its own. Nothing here knows what a terminal is.
package engine
