<?php
/**
 * Plugin Name: Winnow in place of Akismet
 * Description: The Akismet plugin asks your own Winnow instead of akismet.com. Nothing of the plugin is changed.
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
	if ( false !== $unanswered || ! defined( 'WINNOW_URL' ) || ! preg_match( '/^(\w+\.)?rest\.akismet\.com$/', $parts['host'] ?? '' ) ) {
		return $unanswered;
	}
	unset( $args['headers']['Host'] ); // It says rest.akismet.com, which a proxy before Winnow would not know.
	$query  = isset( $parts['query'] ) ? '?' . $parts['query'] : '';
	$answer = wp_remote_request( untrailingslashit( WINNOW_URL ) . $parts['path'] . $query, $args );
	if ( is_wp_error( $answer ) ) {
		$answer = wp_remote_request( untrailingslashit( WINNOW_URL ) . $parts['path'] . $query, $args );
	}
	$is_check = str_ends_with( $parts['path'], '/comment-check' );
	return $is_check && ! wp_remote_retrieve_header( $answer, 'x-akismet-guid' ) ? winnow_hold_comment() : $answer;
}

/**
 * What the Akismet plugin understands as "hold this comment and ask again later".
 *
 * Left to itself it publishes comments while its server cannot be reached.
 */
function winnow_hold_comment() {
	return array(
		'headers'  => array(
			'x-akismet-guid'       => wp_generate_uuid4(),
			'x-akismet-error'      => 'unreachable',
			'x-akismet-debug-help' => 'Winnow could not be reached.',
		),
		'body'     => 'error',
		'response' => array( 'code' => 503, 'message' => 'Service Unavailable' ),
		'cookies'  => array(),
		'filename' => null,
	);
}
