package cli

import (
	"encoding/json"
	"time"

	"forever/internal/config"
	"forever/internal/wire"
)

// answerTime is how long a program may take to answer, unless --timeout says.
const answerTime = 10 * time.Second

// sending is what the options of send said.
type sending struct{ timeout time.Duration }

func sendCommand() *command {
	in := &sending{answerTime}
	return &command{
		name: "send", shape: targets, least: 2, words: "a TARGET and a message in JSON",
		synopsis: []string{"send [options] TARGET… JSON"},
		brief:    "send a message to Node programs and print what they answer",
		about: `The program gets it by process.on('message', …) and answers with process.send(…). What it
says next is printed, one line of JSON for each instance. A word that is no JSON is sent
as a string.

` + aboutTargets,
		options: []*option{{
			name: "timeout", kind: valued, placeholder: "DURATION", set: in.setTimeout,
			usage: "how long the program may take to answer (default: 10s); 0: no end",
		}},
		examples: []example{
			{`forever send sum '{"to": 1000000}'`, "ask a program for something"},
			{"forever send web reload-config", "a plain string"},
		},
		exits: targetExits,
		run: func(c *call) error {
			last := len(c.args) - 1
			return c.act("send", "asking", wire.TargetRequest{Targets: c.args[:last], Message: message(c.args[last]), WaitMS: in.timeout.Milliseconds()})
		},
	}
}

func (in *sending) setTimeout(value string) error {
	d, err := config.ParseDuration(value)
	if err != nil {
		return usagef("forever help send", "option --timeout %v", err)
	}
	in.timeout = d
	return nil
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
