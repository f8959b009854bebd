package config

// ParseEnvFile lets tests read a file of variables without a file.
var ParseEnvFile = parseEnv

// PlaceOf lets tests look for the value of a key in a text, as evaluate does.
func PlaceOf(text, key string) (line, column int) {
	_, value := (&searcher{text: text, found: map[string]int{}}).positions(key)
	return value.line, value.column
}
