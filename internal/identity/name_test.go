package identity

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNames(t *testing.T) {
	name := func(pairs ...string) string {
		var n Name
		for i := 0; i < len(pairs); i += 2 {
			if label := NamingLabel(pairs[i]); label != "" {
				n.Add(label, pairs[i+1])
			}
		}
		return n.String()
	}
	assert.Equal(t, "", name("up", "x"))
	assert.Equal(t, "node-1 ", name("kubelet_node_name", "node-1"))
	assert.Equal(t, "", name("apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds", ""))
	assert.Equal(t, "abc", name("apiserver_encryption_config_x", "abc", "apiserver_authentication_config_y", "abc"))
	assert.NotEqual(t, name("etcd_server_id", "1"), name("etcd_server_id", "2"))
}
