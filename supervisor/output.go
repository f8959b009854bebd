package supervisor

import (
	"errors"
	"time"

	"forever/internal/logs"
	"forever/internal/wire"
)

// rotation is when the app's log files are put aside.
func (a *app) rotation() logs.Rotation {
	o := &a.spec.Output
	r := logs.Rotation{Size: o.MaxSize, Every: time.Duration(o.RotateMS) * time.Millisecond, Files: o.MaxFiles}
	if r.Size == 0 {
		r.Size = wire.DefaultLogSize
	}
	if r.Files == 0 {
		r.Files = wire.DefaultLogFiles
	}
	r.Size, r.Files = max(r.Size, 0), max(r.Files, 0)
	return r
}

// outputNotes tell what is wrong with the logs of an instance.
func (in *instance) outputNotes() (notes []string) {
	for _, stream := range in.app.streams(in.index) {
		lost, err := in.app.s.pump.Lost(in.pumpKey(stream))
		switch {
		case errors.Is(err, logs.ErrUnknown):
		case lost > 0:
			notes = append(notes, plural(int(lost), "byte")+" of its output could not be written: "+errText(err))
		case err != nil:
			notes = append(notes, err.Error())
		}
	}
	return notes
}

func errText(err error) string {
	if err == nil {
		return "the log was not writable"
	}
	return err.Error()
}
