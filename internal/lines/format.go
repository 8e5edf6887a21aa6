package lines

import "mime"

// format is the format of a body.
type format uint8

const (
	text         format = iota // Prometheus' text format
	openMetrics                // OpenMetrics 1.0
	openMetrics2               // OpenMetrics 2.0
	protobuf                   // delimited messages of io.prometheus.client.MetricFamily
	typed                      // no body: samples that a caller made
	formats                    // the number of formats
)

// Media types of content types.
const (
	textType        = "text/plain"
	openMetricsType = "application/openmetrics-text"
	protobufType    = "application/vnd.google.protobuf"
)

// Accept is an Accept header for all formats that are read, best first: protobuf
// has start times and native histograms, OpenMetrics has start times. AcceptText
// leaves out protobuf.
const (
	Accept = protobufType + ";proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8;q=0.6," + AcceptText

	AcceptText = openMetricsType + ";version=1.0.0;escaping=allow-utf-8;q=0.5," +
		openMetricsType + ";version=0.0.1;q=0.4," +
		textType + ";version=1.0.0;escaping=allow-utf-8;q=0.3," +
		textType + ";version=0.0.4;q=0.2"
)

// formatOf returns the format that a content type names, as a Prometheus server
// understands it, else that of the fallback. An empty content type without a
// fallback is the text format.
func formatOf(contentType string, limits Limits) (format, error) {
	if contentType == "" && limits.Fallback == "" {
		return text, nil
	}
	in, err := formatNamed(contentType, limits)
	if err != nil && limits.Fallback != "" {
		return formatNamed(limits.Fallback, limits)
	}
	return in, err
}

func formatNamed(contentType string, limits Limits) (format, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return text, &Error{Err: unsupported{"content type", contentType}}
	}
	switch media {
	case textType:
		return text, nil
	case openMetricsType:
		if params["version"] != "2.0.0" {
			return openMetrics, nil
		}
		if limits.OpenMetrics2 {
			return openMetrics2, nil
		}
	case protobufType:
		return protobuf, nil
	}
	return text, &Error{Err: unsupported{"content type", contentType}}
}
