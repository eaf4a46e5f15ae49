package run

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// listener is a listening TCP socket.
type listener struct {
	addr netip.AddrPort
	// inode identifies the socket among the open files of its process.
	inode string
}

// listenersIn reads the listening sockets from the tables in dir, which is /proc/net or that of a process in another
// network. It returns none on a system without such tables.
func listenersIn(dir string) []listener {
	var found []listener
	for _, name := range []string{"tcp", "tcp6"} {
		table, err := os.Open(dir + "/" + name)
		if err != nil {
			continue
		}
		found = append(found, parseListeners(table)...)
		table.Close()
	}
	return found
}

// parseListeners reads a table as Linux prints it: number, local address, remote address, state, …, inode.
func parseListeners(table io.Reader) []listener {
	const listening = "0A"
	var found []listener
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || fields[3] != listening {
			continue
		}
		if addr, ok := parseHexAddr(fields[1]); ok {
			found = append(found, listener{addr, fields[9]})
		}
	}
	return found
}

// parseHexAddr reads 0100007F:1F90: the address in words of the machine's byte order, and the port.
func parseHexAddr(text string) (netip.AddrPort, bool) {
	host, port, _ := strings.Cut(text, ":")
	bytes, err := hex.DecodeString(host)
	number, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil || len(bytes)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := 0; word < len(bytes); word += 4 {
		binary.BigEndian.PutUint32(bytes[word:], binary.NativeEndian.Uint32(bytes[word:]))
	}
	addr, ok := netip.AddrFromSlice(bytes)
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), ok
}
