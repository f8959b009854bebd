package cli

import (
	"encoding/json"

	"forever/internal/wire"
)

func sendCommand() *command {
	return &command{
		name: "send", shape: targets, least: 2, words: "a TARGET and a message in JSON",
		synopsis: []string{"send TARGET… JSON"},
		brief:    "send a message to Node programs and print what they answer",
		about: `The program gets it by process.on('message', …) and answers with process.send(…). What it
says next is printed, one line for each instance. A word that is no JSON is sent as a string.

` + aboutTargets,
		examples: []example{
			{`forever send sum '{"to": 1000000}'`, "ask a program for something"},
			{"forever send web reload-config", "a plain string"},
		},
		exits: targetExits,
		run: func(c *call) error {
			last := len(c.args) - 1
			return c.act("send", "asking", wire.TargetRequest{Targets: c.args[:last], Message: message(c.args[last])})
		},
	}
}

// message is text as JSON: itself if it is, else a string.
func message(text string) json.RawMessage {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	// A string cannot fail to encode.
	quoted, _ := json.Marshal(text)
	return quoted
}
