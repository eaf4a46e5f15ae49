// Package engine is the order of work: it keeps a multi-stage Dockerfile built and running while its source is edited.
//
// [Run] connects the parts, and one loop decides what happens when. A batch of changed paths goes through onBatch, which
// records what of it matters, to next. That has decide choose what to build, a function without effects, and is the only
// place where a build starts or is held back. A build goes from start, which predicts and reports it, to ended. From
// there it is deployed, by engine/serve, and then measured, by engine/measure.
//
// All state of the loop belongs to one goroutine, which its parts reach through engine/desk. The loop names what it needs
// of an engine in small interfaces; in the program, engine/connect has what fulfils them. Nothing here knows what a
// terminal is.
package engine
