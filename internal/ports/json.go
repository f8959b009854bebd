package ports

import (
	"encoding/json"
	"time"

	"forever/internal/who"
	"forever/internal/wire"
)

// process is how --json shows a process; fields are only ever added.
type process struct {
	PID     int       `json:"pid"` // 0: nobody was seen
	Name    string    `json:"name"`
	User    string    `json:"user"`
	Command []string  `json:"command"`
	Since   time.Time `json:"since,omitzero"`
	App     *who.App  `json:"app"` // null: no app of forever
}

func processOf(p who.Process) process {
	return process{p.PID, p.Name, p.User, append([]string{}, p.Args...), p.Since, p.App}
}

// MarshalJSON shows an entry of ports --json. user is the owner of the socket
// where nobody was seen to hold it.
func (l Listener) MarshalJSON() ([]byte, error) {
	row := struct {
		Proto   string `json:"proto"`
		Address string `json:"address"`
		Port    int    `json:"port"`
		V6Only  bool   `json:"v6_only"`
		process
	}{l.Proto, l.Address.Addr().String(), int(l.Address.Port()), l.V6Only, processOf(l.Process)}
	if row.User == "" {
		row.User = l.Owner
	}
	return json.Marshal(row)
}

// MarshalJSON shows an entry of killport --json.
func (r Result) MarshalJSON() ([]byte, error) {
	row := struct {
		Port    int         `json:"port"`
		Proto   string      `json:"proto"` // empty: both
		State   string      `json:"state"`
		Killed  []Ended     `json:"killed"`
		Stopped []who.App   `json:"stopped"`
		Error   *wire.Error `json:"error"` // null: done
	}{int(r.Port.Number), r.Port.Proto, r.State, append([]Ended{}, r.Ended...), append([]who.App{}, r.Stopped...), r.Err}
	return json.Marshal(row)
}

// MarshalJSON shows a process that was ended, and by which signal.
func (e Ended) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		process
		Signal string `json:"signal"`
	}{processOf(e.Process), e.Signal})
}
