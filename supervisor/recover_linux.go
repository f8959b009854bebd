package supervisor

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"forever/internal/proc"
	"forever/internal/wire"
)

// recoverSpec reads from a living process how it was started (proc_pid_exe(5),
// proc_pid_cmdline(5), proc_pid_cwd(5)).
func recoverSpec(pid int, vars map[string]string) (wire.Spec, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	exe, err := os.Readlink(dir + "/exe")
	if err != nil {
		return wire.Spec{}, fmt.Errorf("find its program: %w", err)
	}
	cwd, err := os.Readlink(dir + "/cwd")
	if err != nil {
		return wire.Spec{}, fmt.Errorf("find its folder: %w", err)
	}
	cmdline, err := os.ReadFile(dir + "/cmdline")
	if err != nil {
		return wire.Spec{}, fmt.Errorf("find its arguments: %w", err)
	}
	env, err := proc.Environ(pid)
	if err != nil {
		return wire.Spec{}, fmt.Errorf("find its environment: %w", err)
	}
	argv := strings.Split(string(bytes.TrimSuffix(cmdline, []byte{0})), "\x00")
	return wire.Spec{
		Name: vars["FOREVER_APP"], UID: vars["FOREVER_UID"], Namespace: "default",
		Typed: argv[0], Script: strings.TrimSuffix(exe, " (deleted)"), Args: argv[1:],
		Cwd: cwd, Env: env, Umask: -1, Instances: 1,
		Policy: defaultPolicy(), Stop: wire.Stop{Signal: "SIGTERM", TimeoutMS: 10_000},
	}, nil
}
