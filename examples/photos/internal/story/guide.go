package story

import (
	"fmt"
	"io"
	"strings"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/internal/photosvc"
)

// introduce says who plays in the story.
func (t *town) introduce(out io.Writer) {
	fmt.Fprintf(out, `Services of the story, each a server of its own on this machine:

  %-20s  %-22s  has the owners' passwords
  %-20s  %-22s  a stranger's, a client
  %-20s  %-22s  passes clients' tokens on
  %-20s  %-22s  internal, HTTP
  %-20s  %-22s  internal, gRPC

The last three check every token themselves. For each step: who asked whom for
what, the answer, and below it who decided about the call, and why.
`, authServer, t.issuerURL, printingService, t.printingURL, publicAPI, t.apiURL, photoService, t.photosURL, albumService, t.albumsAddr)
}

// guide is what a person needs in order to take part.
type guide struct {
	*town
	board string // the URL of the page with the decisions
	token string // of the statistics job
}

// printTo says first what to do in a browser and then what at a shell.
func (g guide) printTo(out io.Writer) {
	fmt.Fprintf(out, `
%s
The services have started again, by the real clock, and run until you press
Ctrl-C. Be the owner: open the printing service in a browser. Beside it, open
the page with the decisions, which follows along.

  printing service      %s
  user name             %s
  password              %s

  decisions, live       %s

  authorization server  %s
  public API            %s
  photo service (HTTP)  %s
  album service (gRPC)  %s
`, strings.Repeat("-", width), g.printingURL, g.olivia.name, g.olivia.password, g.board, g.issuerURL, g.apiURL, g.photosURL, g.albumsAddr)
	fmt.Fprintf(out, `
Or be a client, at another shell. This token of the statistics job may count
photos, for the next %s. Then try /photos, or TOKEN=${TOKEN}x first.

TOKEN=%s

curl -i -H "Authorization: Bearer $TOKEN" \
  %s/statistics

grpcurl -plaintext -H "authorization: Bearer $TOKEN" \
  %s %s

Another token:

curl -u statistics:%s \
  -d grant_type=client_credentials -d scope=%s \
  -d resource=%s %s/token

`, minutes(tokenLifetime), g.token, g.photosURL, g.albumsAddr, strings.TrimPrefix(pb.AlbumService_CountAlbums_FullMethodName, "/"),
		g.secrets.statistics, photosvc.ScopeCount, photosResource, g.issuerURL)
}
