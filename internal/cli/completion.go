package cli

import (
	"fmt"
	"io"
	"strings"

	"forever/internal/client"
	"forever/internal/config"
)

func completionCommand() *command {
	return &command{
		name: "completion", shape: targets, least: 1, most: 1, words: "one SHELL: bash, zsh or fish",
		synopsis: []string{"completion bash|zsh|fish"},
		brief:    "print a completion script for a shell",
		about:    "Completes actions, options, their values, and the names of apps.",
		examples: []example{
			{"eval \"$(forever completion bash)\"", "in ~/.bashrc; zsh likewise in ~/.zshrc"},
			{"forever completion fish > ~/.config/fish/completions/forever.fish", "for fish"},
		},
		exits: []exit{{"0", "done"}, {"2", "that shell is not known"}},
		run: func(c *call) error {
			script, ok := completionScript(c.args[0])
			if !ok {
				return usagef("forever completion bash", "no completion for %q; there is one for bash, zsh and fish", c.args[0])
			}
			_, err := io.WriteString(c.stdout, script)
			return err
		},
	}
}

// completionScript is what a shell reads. All of them ask `forever __complete`
// with the words so far, the last of which is being typed.
func completionScript(shell string) (script string, ok bool) {
	switch shell {
	case "bash":
		return bashScript, true
	case "zsh":
		return zshScript, true
	case "fish":
		return fishScript, true
	}
	return "", false
}

const bashScript = `_forever() {
	local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]}
	local words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	COMPREPLY=($(forever __complete -- "${words[@]}" 2>/dev/null | cut -f1))
	if [ ${#COMPREPLY[@]} -eq 0 ]; then
		COMPREPLY=($(compgen -f -- "$word"))
	fi
}
complete -o filenames -F _forever forever
`

const zshScript = `#compdef forever
_forever() {
	local -a found
	local line
	while IFS= read -r line; do
		found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	done < <(forever __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
	if (( ${#found} )); then
		_describe forever found
	else
		_files
	fi
}
compdef _forever forever
`

// fishScript offers files only where forever has nothing to offer.
const fishScript = `function __forever_found
	set -l words (commandline -opc) (commandline -ct)
	set -g __forever_words (forever __complete -- $words[2..-1] 2>/dev/null)
	test (count $__forever_words) -gt 0
end
complete -c forever -f -n __forever_found -a '$__forever_words'
`

// completeCommand answers the scripts. It is no action for people: what it
// prints may change with the scripts.
func completeCommand() *command {
	return &command{
		name: "__complete", shape: targets, hidden: true,
		synopsis: []string{"__complete -- WORD…"},
		brief:    "candidates for the last word, one per line, with a tab and what it means",
		about:    "For the scripts of forever completion.",
		examples: []example{{"forever __complete -- stop w", "what may follow"}},
		exits:    []exit{{"0", "done"}},
		run:      (*call).complete,
	}
}

func (c *call) complete() error {
	words := c.args
	if len(words) == 0 || words[len(words)-1] == "=" {
		words = append(words, "")
	}
	last := words[len(words)-1]
	for _, found := range c.candidates(words[:len(words)-1], last) {
		if !strings.HasPrefix(found.word, last) {
			continue
		}
		if _, err := fmt.Fprintf(c.stdout, "%s\t%s\n", found.word, found.meaning); err != nil {
			return err
		}
	}
	return nil
}

// candidate is a word that may stand there.
type candidate struct{ word, meaning string }

// candidates finds what may follow the words before. Nothing stands for file names.
func (c *call) candidates(before []string, last string) []candidate {
	cmd, words := typedSoFar(before)
	options := newGlobals().options
	if cmd != nil {
		options = append(options, cmd.all()...)
	}
	if o := awaiting(options, before); o != nil {
		return valuesOf(o)
	}
	switch {
	case cmd != nil && cmd.shape == classic:
		return cmd.complete(c)
	case strings.HasPrefix(last, "-"):
		return optionWords(options)
	case cmd == nil:
		return actionWords()
	case cmd.complete != nil:
		return cmd.complete(c)
	case cmd.name == "help":
		return actionWords()
	case cmd.name == "completion":
		return []candidate{{"bash", ""}, {"zsh", ""}, {"fish", ""}}
	case cmd.shape == targets || cmd.name == "start" && words == 0 && !strings.ContainsAny(last, "./"):
		return c.appNames()
	}
	return nil
}

// typedSoFar is the action among the words, and how many words follow it.
func typedSoFar(before []string) (cmd *command, words int) {
	table := commands()
	for _, word := range before {
		switch {
		case isOption(word):
		case cmd == nil:
			cmd = lookup(table, word)
		default:
			words++
		}
	}
	return cmd, words
}

// awaiting is the option whose value is being typed, or nil.
func awaiting(options []*option, before []string) *option {
	if n := len(before); n > 0 && before[n-1] == "=" {
		before = before[:n-1] // bash takes --restart=al apart
	}
	if len(before) == 0 {
		return nil
	}
	word := before[len(before)-1]
	if !isOption(word) || strings.Contains(word, "=") {
		return nil
	}
	if o := find(options, config.Kebab(strings.TrimLeft(word, "-"))); o != nil && o.kind == valued {
		return o
	}
	return nil
}

func valuesOf(o *option) []candidate {
	var list []candidate
	for _, value := range o.values {
		list = append(list, candidate{value, ""})
	}
	return list
}

func optionWords(options []*option) []candidate {
	var list []candidate
	for _, o := range options {
		if !o.hidden {
			list = append(list, candidate{"--" + o.name, o.usage})
		}
	}
	return list
}

func actionWords() []candidate {
	var list []candidate
	for _, cmd := range commands() {
		if !cmd.hidden {
			list = append(list, candidate{cmd.name, cmd.brief})
		}
	}
	return list
}

// appNames are the names of all apps. An error is kept quiet: a person is
// typing.
func (c *call) appNames() []candidate {
	apps, _, err := c.service.Apps(c.ctx, client.Query{})
	if err != nil {
		return nil
	}
	var list []candidate
	for _, a := range apps {
		if !strings.ContainsAny(a.Name, "\t\n") {
			list = append(list, candidate{a.Name, a.Status})
		}
	}
	return list
}
