package supervisor

import "forever/internal/wire"

// State is where an instance is in its life.
type State uint8

// The states. Stay, in the table, means that the step itself decides.
const (
	Stay     State = iota
	Stopped        // at rest, by command
	Exited         // at rest: it ended well and the policy does not start it again
	Failed         // at rest: given up
	Starting       // its process is being made
	Online
	Stopping // it is to end, or has ended and its last processes are being cleared away
	Backoff  // it failed; the next try is due later
	numStates
)

var stateNames = [numStates]string{
	Stay: "", Stopped: wire.Stopped, Exited: wire.Exited, Failed: wire.Failed,
	Starting: wire.Starting, Online: wire.Online, Stopping: wire.Stopping, Backoff: wire.Backoff,
}

func (s State) String() string { return stateNames[s] }

// resting: there is no process and none is to come by itself.
func (s State) resting() bool { return s == Stopped || s == Exited || s == Failed }

func parseState(name string) State {
	for s := Stopped; s < numStates; s++ {
		if stateNames[s] == name {
			return s
		}
	}
	return Stopped
}

// EventKind is what can happen to an instance.
type EventKind uint8

// The events.
const (
	AskStart    EventKind = iota // a command wants it to run
	AskStop                      // a command wants it not to run
	AskRestart                   // a command wants a new process
	Spawned                      // the program has been executed
	SpawnFailed                  // it could not be
	Ended                        // its process has ended
	Gone                         // its whole tree has ended
	Due                          // the backoff is over
	KillDue                      // the kill timeout is over
	Ready                        // what makes it ready has come
	Failing                      // it runs, but is not well
	numEvents
)

var eventNames = [numEvents]string{
	"AskStart", "AskStop", "AskRestart", "Spawned", "SpawnFailed", "Ended", "Gone", "Due", "KillDue", "Ready", "Failing",
}

func (k EventKind) String() string { return eventNames[k] }

// step is one cell of the table: the state that is entered, and what is done
// there.
type step struct {
	next State
	do   func(*instance, event)
}

// steps is the life of an instance. What it is stands here; what is wanted
// when a process has gone is in instance.after. Every cell is decided; a test
// walks them all. docs/architecture.md draws the same table.
//
// It is filled in by init, since its functions refer to it.
var steps [numStates][numEvents]step

func init() { steps = life() }

func life() [numStates][numEvents]step {
	return [numStates][numEvents]step{
		Stopped: resting(),
		Exited:  resting(),
		Failed:  resting(),
		Starting: {
			AskStart:    {Stay, (*instance).ignore},
			AskStop:     {Stopping, (*instance).stopWhenBorn},
			AskRestart:  {Stay, (*instance).restartWhenBorn},
			Spawned:     {Stay, (*instance).executed},
			SpawnFailed: {Stay, (*instance).notExecuted},
			Ended:       {Stay, (*instance).endedEarly},
			Gone:        {Stay, (*instance).ignore},
			Due:         {Stay, (*instance).notReady},
			KillDue:     {Stay, (*instance).ignore},
			Ready:       {Stay, (*instance).becomeReady},
			Failing:     {Stay, (*instance).fail},
		},
		Online: {
			AskStart:    {Stay, (*instance).ignore},
			AskStop:     {Stopping, (*instance).stop},
			AskRestart:  {Stopping, (*instance).stopThenStart},
			Spawned:     {Stay, (*instance).ignore},
			SpawnFailed: {Stay, (*instance).ignore},
			Ended:       {Stay, (*instance).ended},
			Gone:        {Stay, (*instance).ignore},
			Due:         {Stay, (*instance).proven},
			KillDue:     {Stay, (*instance).ignore},
			Ready:       {Stay, (*instance).ignore},
			Failing:     {Stay, (*instance).fail},
		},
		Stopping: {
			AskStart:    {Stay, (*instance).startAfterwards},
			AskStop:     {Stay, (*instance).stopForGood},
			AskRestart:  {Stay, (*instance).startAfterwards},
			Spawned:     {Stay, (*instance).bornToStop},
			SpawnFailed: {Stay, (*instance).gone},
			Ended:       {Stay, (*instance).sweep},
			Gone:        {Stay, (*instance).gone},
			Due:         {Stay, (*instance).ignore},
			KillDue:     {Stay, (*instance).kill},
			Ready:       {Stay, (*instance).ignore},
			Failing:     {Stay, (*instance).ignore},
		},
		Backoff: {
			AskStart:    {Starting, (*instance).launchFresh}, // a user's command skips the wait
			AskStop:     {Stopped, (*instance).rest},
			AskRestart:  {Starting, (*instance).launchFresh},
			Spawned:     {Stopping, (*instance).bornToStop},
			SpawnFailed: {Stay, (*instance).ignore},
			Ended:       {Stay, (*instance).ignore},
			Gone:        {Stay, (*instance).ignore},
			Due:         {Starting, (*instance).relaunch},
			KillDue:     {Stay, (*instance).ignore},
			Ready:       {Stay, (*instance).ignore},
			Failing:     {Stay, (*instance).ignore},
		},
	}
}

// resting is the row of the three states in which there is no process.
func resting() [numEvents]step {
	return [numEvents]step{
		AskStart:    {Starting, (*instance).launchFresh},
		AskStop:     {Stopped, (*instance).rest},
		AskRestart:  {Starting, (*instance).launchFresh},
		Spawned:     {Stopping, (*instance).bornToStop}, // nobody asked for it: it is not kept
		SpawnFailed: {Stay, (*instance).ignore},
		Ended:       {Stay, (*instance).ignore},
		Gone:        {Stay, (*instance).ignore},
		Due:         {Stay, (*instance).ignore},
		KillDue:     {Stay, (*instance).ignore},
		Ready:       {Stay, (*instance).ignore},
		Failing:     {Stay, (*instance).ignore},
	}
}
