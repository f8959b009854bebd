package supervisor

import (
	"testing"
	"time"

	"forever/internal/logs"
	"forever/internal/wire"
)

// TestRotationOfAnApp: rotation is on unless it is switched off.
func TestRotationOfAnApp(t *testing.T) {
	for _, c := range []struct {
		output wire.Output
		want   logs.Rotation
	}{
		{wire.Output{}, logs.Rotation{Size: 50 << 20, Files: 5}},
		{wire.Output{MaxSize: -1, MaxFiles: -1}, logs.Rotation{}},
		{wire.Output{MaxSize: 7, MaxFiles: 2, RotateMS: 3000}, logs.Rotation{Size: 7, Files: 2, Every: 3 * time.Second}},
	} {
		a := app{spec: wire.Spec{Output: c.output}}
		if got := a.rotation(); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.output, got, c.want)
		}
	}
}
