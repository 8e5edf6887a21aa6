package histogram

type nativeClass struct {
	schema        int32
	zeroThreshold float64
}

func (c *nativeClass) merge(o *nativeClass) {}

func (d *Distribution) nativeClass(schema int32, zeroThreshold float64) *nativeClass { return nil }

func (x *index) addNative(c *nativeClass) {}
