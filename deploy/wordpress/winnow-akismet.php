<?php
/**
 * Plugin Name: Winnow in place of Akismet
 * Description: Akismet, bbPress and form plugins ask your own Winnow instead of akismet.com. Nothing of them is changed.
 *
 * Copy this file into wp-content/mu-plugins/, and add to wp-config.php:
 *
 *     define( 'WINNOW_URL', 'https://winnow.example.org' );
 *     define( 'WPCOM_API_KEY', 'the compat key of your site in Winnow' );
 */

defined( 'ABSPATH' ) || exit;

add_filter( 'pre_http_request', 'winnow_answer_akismet', 10, 3 );

/** Sends a request for akismet.com's API to Winnow, as it is; leaves every other request alone. */
function winnow_answer_akismet( $unanswered, $args, $url ) {
	$parts = wp_parse_url( $url );
	if ( false !== $unanswered || ! defined( 'WINNOW_URL' ) || ! preg_match( '/^(?:(\w+)\.)?rest\.akismet\.com$/i', $parts['host'] ?? '', $host ) ) {
		return $unanswered;
	}
	foreach ( array_keys( $args['headers'] ) as $name ) {
		if ( in_array( strtolower( $name ), array( 'host', 'content-length' ), true ) ) {
			unset( $args['headers'][ $name ] ); // A proxy before Winnow would not know the host, and the body may grow.
		}
	}
	$is_check = str_ends_with( $parts['path'], '/comment-check' );
	$waits    = winnow_waits( $args );
	$args     = winnow_with_key( $args, $host[1] ?? '' );
	$query    = isset( $parts['query'] ) ? '?' . $parts['query'] : '';
	$address  = untrailingslashit( WINNOW_URL ) . $parts['path'] . $query;
	$answer   = wp_remote_request( $address, $args );
	if ( is_wp_error( $answer ) ) {
		$answer = wp_remote_request( $address, $args );
	}
	if ( ! $is_check ) {
		return $answer;
	}
	if ( ! wp_remote_retrieve_header( $answer, 'x-akismet-guid' ) ) {
		return winnow_hold( $waits, 'Winnow could not be reached.' );
	}
	if ( ! $waits && ! in_array( trim( wp_remote_retrieve_body( $answer ) ), array( 'true', 'false' ), true ) ) {
		return winnow_hold( $waits, wp_remote_retrieve_header( $answer, 'x-akismet-debug-help' ) );
	}
	return $answer;
}

/** The fields of a request, whether they are a text or not yet. */
function winnow_fields( $args ) {
	if ( is_array( $args['body'] ) ) {
		return $args['body'];
	}
	parse_str( (string) $args['body'], $fields );
	return $fields;
}

/** Puts the key into the body that bbPress and others have in the host's name alone: KEY.rest.akismet.com. */
function winnow_with_key( $args, $label ) {
	$fields = winnow_fields( $args );
	if ( '' === $label || ! empty( $fields['api_key'] ) || ! empty( $fields['key'] ) ) {
		return $args;
	}
	if ( is_array( $args['body'] ) ) {
		$args['body']['api_key'] = $label;
	} else {
		$args['body'] = rtrim( (string) $args['body'], '&' ) . '&api_key=' . rawurlencode( $label );
	}
	return $args;
}

/**
 * Whether it is the Akismet plugin that asks, about a comment: it alone keeps one waiting that has no verdict.
 *
 * Forums and forms publish whatever is not answered "true".
 */
function winnow_waits( $args ) {
	$agent = $args['user-agent'] ?? '';
	foreach ( $args['headers'] as $name => $value ) {
		$agent = 'user-agent' === strtolower( $name ) ? $value : $agent;
	}
	$fields = winnow_fields( $args );
	return preg_match( '/^WordPress\/\S+ \| Akismet\//', $agent ) && isset( $fields['comment_post_ID'] )
		&& array_intersect( array( 'callback', 'akismet_comment_nonce', 'recheck_reason' ), array_keys( $fields ) );
}

/**
 * What has the caller keep a comment back that nobody could judge.
 *
 * The Akismet plugin understands an error as "hold this comment and ask again later"; left to itself it publishes while
 * its server cannot be reached. Everybody else understands no more than "this is spam".
 */
function winnow_hold( $waits, $why ) {
	$failed = $waits ? array(
		'x-akismet-error'      => 'unreachable',
		'x-akismet-debug-help' => $why,
	) : array( 'x-winnow-held' => $why );
	return array(
		'headers'  => array( 'x-akismet-guid' => wp_generate_uuid4() ) + $failed,
		'body'     => $waits ? 'error' : 'true',
		'response' => $waits ? array( 'code' => 503, 'message' => 'Service Unavailable' ) : array( 'code' => 200, 'message' => 'OK' ),
		'cookies'  => array(),
		'filename' => null,
	);
}
