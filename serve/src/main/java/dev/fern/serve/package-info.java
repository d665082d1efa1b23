/**
 * An HTTP server that detects objects in the images that clients send.
 *
 * <p>{@link dev.fern.serve.PredictionServer} listens. {@link dev.fern.serve.ConnectionWatch} knows
 * what each connection waits for, and ends what takes too long. {@link dev.fern.serve.ApiHandler}
 * reads a request without holding a thread, and hands its body to a bounded queue. A worker decodes
 * the image and passes it through a {@link dev.fern.serve.ServedModel}, whose {@link
 * dev.fern.serve.Batcher} may let several images pass the network together. What a client gets
 * never depends on who else asks.
 */
package dev.fern.serve;
