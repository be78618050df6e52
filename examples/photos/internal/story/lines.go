package story

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/postern-go/postern/examples/photos/internal/live"
)

// Lines of a decision, such as
//
//	21:35:24 ok  public API     GET /library      printing for user-olivia
//	21:35:25 NO  photo service  POST /photos      insufficient scope: need photos:write;
//	             the token has "photos:read"
const (
	serviceWidth = len(photoService) + 2
	callWidth    = len("GET /statistics") + 2
	hanging      = "             "
)

// print writes a decision if it is wanted.
func (p *printer) print(d live.Decision) {
	if !p.wanted(d) {
		return
	}
	mark, said := "ok", d.Caller
	if !d.Allowed() {
		mark, said = "NO", d.Why
	}
	first := fmt.Sprintf("%s %s  %-*s%-*s", d.Time.Format("15:04:05"), mark, serviceWidth, d.Service, callWidth, callName(d.Call))
	p.mu.Lock()
	defer p.mu.Unlock()
	wrap(p.out, first, hanging, said)
}

// callName is a route, or the name of a method without that of its service. A
// caller of gRPC may name any method.
func callName(route string) string {
	if strings.HasPrefix(route, "/") {
		route = path.Base(route)
	}
	if utf8.RuneCountInString(route) > callWidth-2 {
		route = string([]rune(route)[:callWidth-3]) + "…"
	}
	return route + "  "
}
