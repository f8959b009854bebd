package units

import (
	"encoding/xml"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

const plistText = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by "forever startup"; "forever unstartup" removes it. -->
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>%[1]s</string>
	<key>ProgramArguments</key>
	<array>
		<string>%[2]s</string>
		<string>resurrect</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<!-- resurrect ends when the programs run; launchd must not end them then. -->
	<key>AbandonProcessGroup</key>
	<true/>
%[3]s	<key>EnvironmentVariables</key>
	<dict>
%[4]s	</dict>
	<key>StandardErrorPath</key>
	<string>%[5]s</string>
</dict>
</plist>
`

func (b Boot) launchd() Hook {
	h := Hook{Kind: Launchd, Name: b.name(!b.PerUser), Mode: 0o644, System: !b.PerUser}
	domain, dir, user := "system", "/Library/LaunchDaemons", ""
	switch {
	case b.PerUser:
		domain, dir = "gui/"+strconv.Itoa(b.UID), filepath.Join(b.Home, "Library/LaunchAgents")
	case b.UID != 0:
		user = fmt.Sprintf("\t<key>UserName</key>\n\t<string>%s</string>\n", xmlText(b.User))
	}
	var env strings.Builder
	for _, v := range b.environment() {
		fmt.Fprintf(&env, "\t\t<key>%s</key>\n\t\t<string>%s</string>\n", v[0], xmlText(v[1]))
	}
	h.File = filepath.Join(dir, h.Name+".plist")
	h.Text = fmt.Sprintf(plistText, xmlText(h.Name), xmlText(b.Exe), user, env.String(), xmlText(filepath.Join(b.Root, "startup.log")))
	h.On = [][]string{{"launchctl", "bootstrap", domain, h.File}}
	h.Off = [][]string{{"launchctl", "bootout", domain + "/" + h.Name}}
	return h
}

func xmlText(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
	return b.String()
}
