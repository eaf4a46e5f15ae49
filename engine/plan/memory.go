package plan

import "github.com/opencontainers/go-digest"

// Memory is what a later session needs to compare its plan with this one. Values that may be secrets are digests.
type Memory struct {
	// Dockerfile is the file's content.
	Dockerfile string       `json:"dockerfile,omitempty"`
	Steps      []MemoryStep `json:"steps"`
	// Engine is what the engine answered, with the names of images as digests.
	Engine EngineFacts `json:"told"`
	// Options are digests of the frontend attributes, by name.
	Options map[string]string `json:"options"`
	// Keys and FullKeys are those of the plan's ops.
	Keys     []digest.Digest `json:"keys"`
	FullKeys []digest.Digest `json:"full_keys"`
}

// MemoryStep is a step of a [Memory]. Its instruction is as written, without arguments filled in.
type MemoryStep struct {
	Stage       string `json:"stage"`
	Index       int    `json:"index"`
	Instruction string `json:"instruction"`
	// Settings are digests of the step's settings, by name.
	Settings map[string]string `json:"settings,omitempty"`
}

// Remember returns what [Recall] needs.
func (p *Plan) Remember() Memory {
	m := Memory{Dockerfile: string(p.source), Engine: p.engine.hashed(), Options: p.options}
	for _, s := range p.Steps {
		m.Steps = append(m.Steps, MemoryStep{s.Stage, s.Index, s.written, s.settings})
	}
	for _, o := range p.ops {
		m.Keys = append(m.Keys, o.key)
		m.FullKeys = append(m.FullKeys, o.fullKey)
	}
	return m
}

// Recall returns a plan that serves as the prev of [Plan.Predict] and [Plan.Edits], and for nothing else.
func Recall(m Memory) *Plan {
	p := &Plan{source: []byte(m.Dockerfile), options: m.Options}
	for _, s := range m.Steps {
		p.Steps = append(p.Steps, Step{Stage: s.Stage, Index: s.Index, written: s.Instruction, settings: s.Settings})
	}
	for i := range min(len(m.Keys), len(m.FullKeys)) {
		p.ops = append(p.ops, op{key: m.Keys[i], fullKey: m.FullKeys[i]})
	}
	return p
}
