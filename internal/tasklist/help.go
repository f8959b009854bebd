package tasklist

const filterHelp = `
Filters:
    Filter Name     Valid Operators           Valid Value(s)
    -----------     ---------------           --------------------------
    STATUS          eq, ne                    RUNNING | SUSPENDED |
                                              NOT RESPONDING | UNKNOWN
    IMAGENAME       eq, ne                    Image name, * for anything
    PID             eq, ne, gt, lt, ge, le    PID value
    SESSION         eq, ne, gt, lt, ge, le    Session number
    SESSIONNAME     eq, ne                    Session name
    CPUTIME         eq, ne, gt, lt, ge, le    CPU time as hh:mm:ss
    MEMUSAGE        eq, ne, gt, lt, ge, le    Memory usage in KB
    USERNAME        eq, ne                    User name
    MODULES         eq, ne                    Name of a library (Linux)
    SERVICES        eq, ne                    N/A
    WINDOWTITLE     eq, ne                    N/A
`

const listHelp = `TASKLIST [/V] [/FI filter] [/FO format] [/NH]

Shows the processes that are running.

    /V             With status, user, CPU time and window title.
    /FI filter     Only the tasks that pass the filter; several are allowed.
    /FO format     TABLE, LIST or CSV.
    /NH            Without the header; only for TABLE and CSV.
    /?             This help.
` + filterHelp + `
Examples:
    tasklist /FI "IMAGENAME eq node.exe" /FO CSV /NH
    tasklist /V /FI "MEMUSAGE gt 100000"
`

const killHelp = `TASKKILL { [/FI filter] [/PID processid | /IM imagename] } [/T] [/F]

Ends tasks by process id (PID) or image name.

    /FI filter     Only the tasks that pass the filter; several are allowed.
    /PID pid       The process with this number; several are allowed.
    /IM image      All processes of this program; * stands for anything.
    /T             The processes that they started as well.
    /F             By force. Without it they are asked to end.
    /?             This help.
` + filterHelp + `
Examples:
    taskkill /PID 1230 /PID 1241 /T
    taskkill /F /IM node.exe /FI "USERNAME eq deploy"
`
