/**
 * Reading of JSON documents as Python's {@code json} module reads them: a tokenizer over plain or
 * gzip-compressed files in any of Unicode's encodings, exact decimal numbers, and the exception
 * that names file, place and byte of what is wrong. It knows nothing of COCO.
 */
package dev.fern.cocoeval.json;
